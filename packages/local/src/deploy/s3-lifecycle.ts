import type { Properties } from './properties.ts';

/** What a rule of a template may say, and how S3's own document says it. */
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
  // Objects have one storage class and one version here.
  ExpiredObjectDeleteMarker: () => '',
  NoncurrentVersionExpiration: () => '',
  NoncurrentVersionTransitions: () => '',
  Transitions: () => '',
};

/**
 * Writes the rules of a bucket's template as the body of PutBucketLifecycleConfiguration.
 * @throws DeployError for a property that the embedded cloud does not know
 */
export function lifecycleDocument(rules: readonly Properties[]): string {
  const written = rules.map((rule) => {
    const elements = Object.keys(rule.values).map((name) => {
      const write = ELEMENTS[name];
      return write ? write(rule) : rule.refuse(name, 'is a property that the embedded cloud does not know');
    });
    // S3 demands a filter. An empty prefix selects every object.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
    const filter = `<Filter>${element('Prefix', rule.optionalText('Prefix') ?? '')}</Filter>`;
    return `<Rule>${filter}${elements.join('')}</Rule>`;
  });
  return `<LifecycleConfiguration>${written.join('')}</LifecycleConfiguration>`;
}

function element(name: string, text: string): string {
  return `<${name}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
}
