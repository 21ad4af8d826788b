import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Address } from './address.ts';
import type { ObjectStore } from './object-store.ts';

/** One request, on its way through an operation. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: Address;
}

/** What operations work on. */
export interface Context {
  readonly store: ObjectStore;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
  /** What every caller signs its upload forms with. */
  readonly secretAccessKey: string;
}

/** Carries a request out and answers it. It refuses by throwing an S3Error before it has answered. */
export type Operation = (call: Call, context: Context) => Promise<void> | void;
