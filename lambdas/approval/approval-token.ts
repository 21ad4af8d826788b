import { createHmac, timingSafeEqual } from 'node:crypto';

/** The content of an approval link's token. */
export interface Approvable {
  readonly jobId: string;
  /** The step that created the link. */
  readonly step: string;
  /** When the link expires. Fractions of a second are ignored. */
  readonly expiresAt: Date;
}

/*
 * A token is the base64url encoding of these parts: the format's version (1 byte), the job's id (16 bytes), the expiry in
 * seconds since 1970 (6 bytes), the step's name in UTF-8, and the HMAC-SHA-256 of all preceding parts (32 bytes).
 */
const VERSION = 1;
const ID_AT = 1;
const END_AT = ID_AT + 16;
const NAME_AT = END_AT + 6;
const MAC_BYTES = 32;

/** Creates the token of an approval link. Anyone who has the token can answer. */
export function approvalToken(key: Uint8Array, { jobId, step, expiresAt }: Approvable): string {
  const head = Buffer.alloc(NAME_AT);
  head.writeUInt8(VERSION);
  head.write(jobId.replaceAll('-', ''), ID_AT, 'hex');
  head.writeUIntBE(Math.floor(expiresAt.getTime() / 1000), END_AT, NAME_AT - END_AT);
  const content = Buffer.concat([head, Buffer.from(step)]);
  return Buffer.concat([content, macOf(key, content)]).toString('base64url');
}

/** Reads a token. Returns undefined if the token was not signed with this key. */
export function readApprovalToken(key: Uint8Array, token: string): Approvable | undefined {
  const bytes = Buffer.from(token, 'base64url');
  // Reject other encodings of the same bytes, so that each link has only one URL.
  if (bytes.length <= NAME_AT + MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
  const content = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(key, content))) return undefined;
  if (content.readUInt8() !== VERSION) return undefined;
  const id = content.toString('hex', ID_AT, END_AT);
  return {
    jobId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    step: content.toString('utf8', NAME_AT),
    expiresAt: new Date(content.readUIntBE(END_AT, NAME_AT - END_AT) * 1000),
  };
}

/** The path of approval pages, relative to the API's URL. */
const APPROVALS_PATH = '/approvals/';

export interface ApprovalLinkOptions {
  /** The API's URL: the `APPROVALS_URL` setting or, by default, the deployment's own URL. */
  readonly url: string | undefined;
  readonly approvalKey: () => Promise<Uint8Array>;
}

/**
 * Returns a function that creates the links for `step.approvalLink`. The same step always gets the same link.
 *
 * @returns the function, which throws an Error if the deployment has no URL
 */
export function createApprovalLinks({
  url,
  approvalKey,
}: ApprovalLinkOptions): (approval: Approvable) => Promise<string> {
  return async (approval) => {
    if (url === undefined)
      throw new Error(
        'The deployment has no URL for approval links: set APPROVALS_URL to the URL of its API.',
      );
    return `${url.replace(/(?<!\/)\/+$/, '')}${APPROVALS_PATH}${approvalToken(await approvalKey(), approval)}`;
  };
}

function macOf(key: Uint8Array, content: Uint8Array): Buffer {
  return createHmac('sha256', key).update(content).digest();
}
