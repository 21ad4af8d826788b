import { createHmac, timingSafeEqual } from 'node:crypto';

/** The scope of a Signature Version 4 signature. */
export interface SigningScope {
  readonly accessKeyId: string;
  /** The date as `yyyymmdd`. */
  readonly date: string;
  readonly region: string;
}

/** Parses a credential, `<access key id>/<yyyymmdd>/<region>/s3/aws4_request`. Returns undefined for any other string. */
export function readCredential(credential: string): SigningScope | undefined {
  const [, accessKeyId, date, region] =
    /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined) return undefined;
  return { accessKeyId, date, region };
}

/** Signs a string with the secret access key. Returns the signature in hex. */
export function signatureOf(text: string, { date, region }: SigningScope, secretAccessKey: string): string {
  const key = [date, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

export function isSameSignature(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
