import { join } from 'node:path';
import { answerXmlError } from '../aws-endpoint/answer.ts';
import type { AwsService } from '../service.ts';
import { loadFauxqs, type App } from './fauxqs.ts';

export interface S3Options {
  /** The objects are kept in its folder `s3`. */
  readonly dataDir: string;
}

/**
 * Starts S3: fauxqs's, its objects in SQLite on disk. It is loaded at the first request, for a stack without
 * uploads never asks. A request body may have 11 MiB, and is held in memory (see docs/decisions/0005).
 */
export function startS3({ dataDir }: S3Options): AwsService {
  const directory = join(dataDir, 's3');
  let opened: Promise<{ app: App; close: () => Promise<void> }> | undefined;

  return {
    name: 's3',
    handle(request, response) {
      opened ??= open(directory);
      opened.then(
        ({ app }) => {
          app.routing(request, response);
        },
        (error: unknown) => {
          const message = `The S3 data in ${directory} cannot be opened: ${(error as Error).message}.`;
          answerXmlError(response, { status: 500, code: 'InternalError', message });
        },
      );
    },
    async end() {
      const s3 = await opened?.catch(() => undefined);
      await s3?.close();
    },
  };
}

async function open(directory: string): Promise<{ app: App; close: () => Promise<void> }> {
  const { buildApp, PersistenceManager, S3Store, SnsStore, SqsStore } = await loadFauxqs();
  const s3Store = new S3Store();
  const persistence = new PersistenceManager(directory);
  persistence.loadS3(s3Store);
  s3Store.persistence = persistence; // After loading, or else it would write again what it reads.
  const app = buildApp({
    logger: false,
    stores: { s3Store, sqsStore: new SqsStore(), snsStore: new SnsStore() },
  });
  await app.ready();
  return {
    app,
    async close() {
      await app.close();
      persistence.close();
    },
  };
}
