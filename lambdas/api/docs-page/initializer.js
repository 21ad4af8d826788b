/* global SwaggerUIBundle -- defined by swagger-ui-bundle.js */
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  // Would ask a service of somebody else's for a badge.
  validatorUrl: null,
});
