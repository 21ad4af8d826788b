import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address } from './address.ts';
import type { ObjectStore } from './object-store.ts';

/** One request, on its way through an operation. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: Address;
}

/**
 * Why whoever signed with an access key id may not do something, in AWS's words; undefined if it may.
 * @param action such as `s3:PutObject`; without a key it is about the bucket
 */
export type S3Denial = (
  accessKeyId: string,
  action: string,
  bucket: string,
  key?: string,
) => string | undefined;

/** What operations work on. */
export interface Context {
  readonly store: ObjectStore;
  /** The region of every bucket. */
  readonly region: string;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
  /** What every caller signs its upload forms with. */
  readonly secretAccessKey: string;
  readonly denial: S3Denial;
}

/** Carries a request out and answers it. It refuses by throwing an S3Error before it has answered. */
export type Operation = (call: Call, context: Context) => Promise<void> | void;
