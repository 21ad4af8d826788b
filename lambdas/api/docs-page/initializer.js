/* global document, SwaggerUIBundle -- the page's, and that of swagger-ui-bundle.js */

/** The console keeps the tab's key under the same name, so after signing in there, no key is needed here. */
const STORAGE_KEY = 'errand-key';

const element = (id) => document.getElementById(id);

void show(sessionStorage.getItem(STORAGE_KEY));

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  void show(element('key').value.trim());
});

/** Shows the document, or asks for its key. */
async function show(key) {
  let response;
  try {
    const headers = key === null ? {} : { authorization: `Bearer ${key}` };
    response = await fetch('openapi.json', { headers });
  } catch (error) {
    return refuse(`The API can't be reached: ${error.message}`, key !== null);
  }
  if (!response.ok) return refuse(refusalOf(response.status, key), response.status === 401 || key !== null);
  const ui = SwaggerUIBundle({
    spec: await response.json(),
    dom_id: '#swagger-ui',
    deepLinking: true,
    // Otherwise Swagger UI would request a badge from another site.
    validatorUrl: null,
    // Sends the reader's requests with the same key.
    onComplete: () => key === null || ui.preauthorizeApiKey('apiKey', key),
  });
  if (key !== null) sessionStorage.setItem(STORAGE_KEY, key);
  element('gate').hidden = true;
}

function refuse(text, asks) {
  element('gate').hidden = false;
  element('refusal').hidden = text === '';
  element('refusal').textContent = text;
  element('sign-in').hidden = !asks;
  if (asks) element('key').focus();
}

function refusalOf(status, key) {
  if (status === 401)
    return key === null ? '' : 'This key is not valid. It may be mistyped, expired or revoked.';
  if (status !== 403) return `The API responded with ${status}. Reload the page to try again.`;
  return key === null
    ? 'Callers of this deployment sign their requests with AWS credentials, which a web page does not have. ' +
        'Run a proxy that signs requests, such as aws-sigv4-proxy, and open /docs through it.'
    : 'This key does not allow you to read the documentation: it lacks the read scope.';
}
