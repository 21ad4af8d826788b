/** An error response from an AWS service, with the error code that SDKs use as the error's name. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The caller name under which the embedded cloud's own calls are counted. */
const CALLER = 'cloudformation';

/**
 * Calls an action of a service that uses an AWS JSON protocol, through the AWS endpoint. Uses no SDK client, because loading a client would take
 * longer than all the calls together.
 * @param target the action's X-Amz-Target, such as `AmazonSQS.CreateQueue`
 * @throws AwsCallError for an error response
 */
export async function callAws<Output>(
  endpointUrl: string,
  service: 'sqs' | 'dynamodb' | 'secretsmanager' | 'ssm',
  target: string,
  input: object,
): Promise<Output> {
  const response = await fetch(endpointUrl, {
    method: 'POST',
    headers: { ...signedFor(service), 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    body: JSON.stringify(input),
  });
  const output = (await response.json()) as Output & { __type?: string; message?: string };
  if (response.ok) return output;
  const code = output.__type?.split('#').at(-1) ?? `HTTP ${response.status}`;
  throw new AwsCallError(code, output.message ?? code);
}

/** Returns signature headers, from which the AWS endpoint reads only the access key ID and the service. */
export function signedFor(service: string): Record<string, string> {
  const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${CALLER}/${timestamp.slice(0, 8)}/us-east-1/${service}/aws4_request`;
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=0`,
    'x-amz-date': timestamp,
  };
}
