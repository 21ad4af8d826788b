import type { IncomingMessage } from 'node:http';
import { noteFailure } from '../aws-endpoint/failures.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { AwsService } from '../service.ts';
import { createClusters } from './clusters.ts';
import type { Cluster, Clusters } from './clusters.ts';
import type { Connection } from './connections.ts';
import type { ReadSecret } from './credentials.ts';
import { DataApiError } from './data-api-error.ts';
import { batchExecuteStatement, executeStatement } from './execute-statement.ts';
import { readBody, sendError, sendResult } from './http-exchange.ts';
import type { StatementRequest } from './request-shapes.ts';
import { asBatchExecute, asEndTransaction, asExecute, asTarget } from './request-validation.ts';
import { answerInTime } from './statement-timeout.ts';
import { createTransactions } from './transactions.ts';
import type { Transactions } from './transactions.ts';

/** The RDS Data API over a Postgres server. */
export interface RdsData extends AwsService {
  readonly name: 'rds-data';
  /** Registers a cluster, and creates its database unless it exists. */
  registerCluster(cluster: Cluster): Promise<void>;
}

export interface RdsDataOptions {
  readonly postgres: Pick<Postgres, 'connection'>;
  readonly readSecret: ReadSecret;
  /** How long a statement may run. @default 45 s, as on AWS */
  readonly statementTimeoutMs?: number;
  /** How long a transaction may be idle. @default 3 minutes, as on AWS */
  readonly transactionIdleMs?: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Serves the RDS Data API as Aurora Serverless v2 does, with the same protocol, limits and error messages.
 *
 * Where AWS's documentation does not describe the behavior, a comment in this folder explains the emulator's choice.
 */
export function startRdsData(options: RdsDataOptions): RdsData {
  const { postgres, readSecret, statementTimeoutMs = 45 * SECOND, transactionIdleMs = 3 * MINUTE } = options;
  const clusters = createClusters(postgres.connection, readSecret, statementTimeoutMs);
  const transactions = createTransactions(clusters, { idleMs: transactionIdleMs, lifetimeMs: 24 * HOUR });
  const operations = createOperations(clusters, transactions, statementTimeoutMs);
  return {
    name: 'rds-data',
    registerCluster: (cluster) => clusters.register(cluster),
    handle(request, response) {
      answer(operations, request).then(
        (result) => {
          sendResult(response, result);
        },
        (error: unknown) => {
          sendError(
            response,
            error instanceof DataApiError ? error : internalError(noteFailure(response, error)),
          );
        },
      );
    },
    async end() {
      transactions.end();
      await clusters.end();
    },
  };
}

/**
 * Creates the error for a bug in this emulator. In the service model, this error has no message, but the response includes a message for
 * the developer.
 */
function internalError(message: string): DataApiError {
  return new DataApiError('InternalServerErrorException', 500, message);
}

type Operation = (body: Record<string, unknown>) => Promise<object>;

async function answer(operations: ReadonlyMap<string, Operation>, request: IncomingMessage): Promise<object> {
  const body = await readBody(request);
  const operation = operations.get(`${request.method ?? ''} ${request.url ?? ''}`);
  if (!operation) throw new DataApiError('UnknownOperationException', 404, 'The operation is not known.');
  return operation(body);
}

/**
 * The service's operations, keyed by method and path. ExecuteSql is omitted, because it is deprecated and Serverless v2 does not
 * support it.
 */
function createOperations(
  clusters: Clusters,
  transactions: Transactions,
  timeoutMs: number,
): ReadonlyMap<string, Operation> {
  const onConnection = async <Result>(
    request: StatementRequest,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> => {
    const { connections } = clusters.find(request);
    if (request.transactionId !== undefined) return transactions.within(request, request.transactionId, work);
    const connection = await connections.acquire();
    return work(connection).finally(() => {
      connection.release();
    });
  };
  return new Map<string, Operation>([
    [
      'POST /Execute',
      async (body) => {
        const request = asExecute(body);
        const statement = (connection: Connection) => executeStatement(connection, request);
        return request.continueAfterTimeout
          ? answerInTime(timeoutMs, (work) => onConnection(request, work), statement)
          : onConnection(request, statement);
      },
    ],
    [
      'POST /BatchExecute',
      async (body) => {
        const request = asBatchExecute(body);
        return onConnection(request, (connection) => batchExecuteStatement(connection, request));
      },
    ],
    ['POST /BeginTransaction', async (body) => transactions.begin(asTarget(body))],
    ['POST /CommitTransaction', async (body) => transactions.commit(asEndTransaction(body))],
    ['POST /RollbackTransaction', async (body) => transactions.rollback(asEndTransaction(body))],
  ]);
}
