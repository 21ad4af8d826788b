import type { IncomingMessage, ServerResponse } from 'node:http';

/** The parts of fauxqs that S3 needs: its HTTP app, its stores, and its persistence. */
export interface Fauxqs {
  readonly buildApp: (options: { logger: boolean; stores: Stores }) => App;
  readonly SqsStore: new () => object;
  readonly SnsStore: new () => object;
  readonly S3Store: new () => S3Store;
  readonly PersistenceManager: new (directory: string) => Persistence;
}

export interface Stores {
  readonly sqsStore: object;
  readonly snsStore: object;
  readonly s3Store: S3Store;
}

export interface S3Store {
  persistence?: Persistence;
}

export interface Persistence {
  loadS3(store: S3Store): void;
  close(): void;
}

export interface App {
  ready(): PromiseLike<unknown>;
  routing(request: IncomingMessage, response: ServerResponse): void;
  close(): PromiseLike<unknown>;
}

/**
 * Loads fauxqs. Its one entry point listens on all interfaces as soon as it persists anything, so the parts are taken
 * from beside it: the version of fauxqs is pinned in package.json for that reason.
 */
export async function loadFauxqs(): Promise<Fauxqs> {
  const entry = import.meta.resolve('fauxqs');
  const parts = ['app.js', 'persistence.js', 's3/s3Store.js', 'sns/snsStore.js', 'sqs/sqsStore.js'];
  const modules = await Promise.all(
    parts.map((part) => import(new URL(part, entry).href) as Promise<object>),
  );
  return Object.assign({}, ...modules) as Fauxqs;
}
