import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address } from './address.ts';
import type { ObjectStore } from './object-store.ts';

/** A request that an operation handles. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: Address;
}

/**
 * Why the caller with an access key id lacks a permission, in AWS's words; undefined if it has the permission.
 * @param action such as `s3:PutObject`; without a key it applies to the bucket
 */
export type S3Denial = (
  accessKeyId: string,
  action: string,
  bucket: string,
  key?: string,
) => string | undefined;

/** The dependencies of operations. */
export interface Context {
  readonly store: ObjectStore;
  /** The region of every bucket. */
  readonly region: string;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
  /** The secret with which every caller signs its upload forms. */
  readonly secretAccessKey: string;
  readonly denial: S3Denial;
}

/** Executes a request and responds to it. To refuse a request, it throws an S3Error before it has responded. */
export type Operation = (call: Call, context: Context) => Promise<void> | void;
