import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address } from './address.ts';
import type { ObjectStore } from './object-store.ts';

/** An operation's request, response and target. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: Address;
}

/**
 * Returns AWS's access denied message, or undefined if the caller with this access key ID has the permission.
 * @param action the action, such as `s3:PutObject`. If there is no key, the action applies to the bucket.
 */
export type S3Denial = (
  accessKeyId: string,
  action: string,
  bucket: string,
  key?: string,
) => string | undefined;

/** Dependencies of the operations. */
export interface Context {
  readonly store: ObjectStore;
  /** The region of all buckets. */
  readonly region: string;
  /** Returns the current time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The secret access key that all callers sign their upload forms with. */
  readonly secretAccessKey: string;
  readonly denial: S3Denial;
}

/** Executes a request and sends the response. Refuses a request by throwing an S3Error before responding. */
export type Operation = (call: Call, context: Context) => Promise<void> | void;
