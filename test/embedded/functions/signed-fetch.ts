import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, Provider } from '@smithy/types';

/** Returns a `fetch` function that signs each request for API Gateway. */
export function signWith(
  credentials: AwsCredentialIdentity | Provider<AwsCredentialIdentity>,
  region: string,
) {
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials,
    sha256: Hash.bind(null, 'sha256'),
  });
  return async (request: Request): Promise<Response> => {
    const { method, signal } = request;
    const { protocol, hostname, host, pathname, searchParams } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const { headers } = await signer.sign({
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...Object.fromEntries(request.headers), host },
      body,
    });
    return fetch(request.url, { method, signal, headers, ...(body.length > 0 && { body }) });
  };
}
