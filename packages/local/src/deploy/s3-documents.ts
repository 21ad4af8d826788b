import type { Properties } from './properties.ts';

/** The supported lifecycle rule properties in a template, and the corresponding elements in S3's XML. */
const ELEMENTS: Readonly<Record<string, (rule: Properties) => string>> = {
  Id: (rule) => element('ID', rule.text('Id')),
  Status: (rule) => element('Status', rule.text('Status')),
  Prefix: () => '',
  ExpirationInDays: (rule) => `<Expiration>${element('Days', rule.text('ExpirationInDays'))}</Expiration>`,
  AbortIncompleteMultipartUpload: (rule) => {
    const days = rule.object('AbortIncompleteMultipartUpload').text('DaysAfterInitiation');
    const inside = element('DaysAfterInitiation', days);
    return `<AbortIncompleteMultipartUpload>${inside}</AbortIncompleteMultipartUpload>`;
  },
  // Objects here have only one storage class and one version.
  ExpiredObjectDeleteMarker: () => '',
  NoncurrentVersionExpiration: () => '',
  NoncurrentVersionTransitions: () => '',
  Transitions: () => '',
};

/**
 * Converts a bucket's lifecycle rules in the template to the body of a PutBucketLifecycleConfiguration request.
 * @throws DeployError for an unsupported property
 */
export function lifecycleDocument(rules: readonly Properties[]): string {
  const written = rules.map((rule) => {
    const elements = Object.keys(rule.values).map((name) => {
      const write = ELEMENTS[name];
      return write ? write(rule) : refuseUnsupported(rule, name);
    });
    // S3 requires a filter, and an empty prefix selects all objects.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
    const filter = `<Filter>${element('Prefix', rule.optionalText('Prefix') ?? '')}</Filter>`;
    return `<Rule>${filter}${elements.join('')}</Rule>`;
  });
  return `<LifecycleConfiguration>${written.join('')}</LifecycleConfiguration>`;
}

/** The supported CORS rule properties in a template, and the corresponding elements in S3's XML. */
const CORS_ELEMENTS: Readonly<Record<string, string>> = {
  Id: 'ID',
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposedHeaders: 'ExposeHeader',
  MaxAge: 'MaxAgeSeconds',
};

/**
 * Converts a bucket's CORS rules in the template to the body of a PutBucketCors request.
 * @throws DeployError for an unsupported property
 */
export function corsDocument(rules: readonly Properties[]): string {
  const written = rules.map((rule) => {
    const elements = Object.entries(rule.values).map(([name, value]) => {
      const tag = CORS_ELEMENTS[name] ?? refuseUnsupported(rule, name);
      const texts = Array.isArray(value) ? (rule.optionalTexts(name) ?? []) : [rule.text(name)];
      return texts.map((text) => element(tag, text)).join('');
    });
    return `<CORSRule>${elements.join('')}</CORSRule>`;
  });
  return `<CORSConfiguration>${written.join('')}</CORSConfiguration>`;
}

function refuseUnsupported(rule: Properties, name: string): never {
  return rule.refuse(name, 'is a property that the embedded cloud does not support');
}

function element(name: string, text: string): string {
  return `<${name}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
}
