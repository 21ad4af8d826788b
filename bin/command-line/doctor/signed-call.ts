import { createSigner } from '../../../lambdas/adapters/aws/signer.ts';

export interface SignedCall {
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** The region for which the request is signed. */
  readonly region: string;
  /** The service's signing name. */
  readonly service: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A call's time limit, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Sends a signed POST request to a service that has no SDK client in this package (docs/decisions/0062-errand-doctor.md).
 *
 * @returns the response body
 * @throws Error with the service's error code as its name
 */
export async function callSigned(call: SignedCall): Promise<string> {
  const { credentials, region, service, body } = call;
  const url = new URL(call.url);
  const headers: Record<string, string> = { ...call.headers, host: url.host };
  await createSigner({ credentials, region, service }).sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers,
    body,
  });
  // fetch sets this header itself.
  delete headers.host;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const text = await response.text();
  if (response.ok) return text;
  const [, xmlCode] = /<Code>([^<]+)<\/Code>/.exec(text) ?? [];
  const [, jsonType] = /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(text) ?? [];
  const error = new Error(`${service} responded with ${response.status}: ${text.slice(0, 300)}`);
  error.name = xmlCode ?? jsonType ?? `HTTP ${response.status}`;
  throw error;
}
