import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import path from 'node:path';
import { answerJsonError } from 'errand-local/aws-endpoint/answer';
import { startPostgres } from 'errand-local/postgres/postgres';
import { startRdsData } from 'errand-local/rds-data/rds-data';

/** A stack's settings for its database. */
export interface DatabaseSettings {
  readonly AURORA_CLUSTER_ARN: string;
  readonly AURORA_SECRET_ARN: string;
  readonly AURORA_DATABASE_NAME: string;
}

/** The embedded cloud's RDS Data API as a separate service. */
export interface DataApi {
  readonly url: string;
  end(): Promise<void>;
}

/** The path prefix of test requests, which create a database, set a secret's value, or pause all databases. */
const DATABASES = '/databases';
const SECRETS = '/secrets';
const PAUSES = '/pauses';

/**
 * The Data API's error while a paused database resumes:
 * https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_ExecuteStatement.html
 */
const RESUMING = {
  status: 400,
  code: 'DatabaseResumingException',
  message:
    'The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds and try again.',
};

/** The account id that AWS emulators use. */
const ACCOUNT = '000000000000';

/** Starts PostgreSQL and a Data API for it on 127.0.0.1. The data is stored in `dir`. */
export async function startDataApi(dir: string): Promise<DataApi> {
  const dataDir = path.join(dir, 'postgres');
  const complaints: string[] = [];
  const postgres = await startPostgres({ dataDir, log: (line) => complaints.push(line) });
  const secrets = new Map<string, string>();
  const rdsData = startRdsData({ postgres, readSecret: (arn) => secrets.get(arn) });

  const createDatabase = async (request: IncomingMessage): Promise<DatabaseSettings> => {
    const { name } = (await json(request)) as { name: string };
    const clusterArn = `arn:aws:rds:us-east-1:${ACCOUNT}:cluster:${name}`;
    const secretArn = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${name}-a1B2c3`;
    secrets.set(secretArn, JSON.stringify({ username: `${name}_master`, password: name }));
    await rdsData.registerCluster({ clusterArn, secretArn, database: name });
    return { AURORA_CLUSTER_ARN: clusterArn, AURORA_SECRET_ARN: secretArn, AURORA_DATABASE_NAME: name };
  };

  const putSecret = async (request: IncomingMessage): Promise<object> => {
    const { arn, value } = (await json(request)) as { arn: string; value: string };
    secrets.set(arn, value);
    return {};
  };

  /** How long the paused databases take to resume, in milliseconds. */
  let pausedFor: number | undefined;
  let resumesAt = 0;
  const pause = async (request: IncomingMessage): Promise<object> => {
    ({ resumesAfterMs: pausedFor } = (await json(request)) as { resumesAfterMs: number });
    return {};
  };

  const server = createServer((request, response) => {
    const work = { [DATABASES]: createDatabase, [SECRETS]: putSecret, [PAUSES]: pause }[request.url ?? ''];
    if (work === undefined) {
      if (pausedFor !== undefined) resumesAt = performance.now() + pausedFor;
      pausedFor = undefined;
      if (performance.now() < resumesAt) answerJsonError(response, RESUMING);
      else rdsData.handle(request, response);
      return;
    }
    work(request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async end() {
      server.closeAllConnections();
      server.close();
      await rdsData.end();
      await postgres.end();
      await rm(dataDir, { recursive: true, force: true });
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
    },
  };
}

/** Creates an empty database. Its name may contain only letters and digits. */
export async function createDatabase(dataApiUrl: string, name: string): Promise<DatabaseSettings> {
  const response = await fetch(dataApiUrl + DATABASES, { method: 'POST', body: JSON.stringify({ name }) });
  if (!response.ok) throw new Error(`No database ${name}: ${await response.text()}`);
  return (await response.json()) as DatabaseSettings;
}

/** Tells the Data API the value of an emulator's secret, because the Data API can't read the emulator's secrets. */
export async function putSecret(dataApiUrl: string, arn: string, value: string): Promise<void> {
  const response = await fetch(dataApiUrl + SECRETS, {
    method: 'POST',
    body: JSON.stringify({ arn, value }),
  });
  if (!response.ok) throw new Error(`No secret ${arn}: ${await response.text()}`);
}

/** Pauses all databases. They begin to resume at the next call, and are available `resumesAfterMs` milliseconds later. */
export async function pauseDatabases(dataApiUrl: string, resumesAfterMs: number): Promise<void> {
  const response = await fetch(dataApiUrl + PAUSES, {
    method: 'POST',
    body: JSON.stringify({ resumesAfterMs }),
  });
  if (!response.ok) throw new Error(`The databases could not be paused: ${await response.text()}`);
}
