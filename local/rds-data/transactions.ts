import { randomBytes } from 'node:crypto';
import type { Clusters } from './clusters.ts';
import type { Connection } from './connections.ts';
import { databaseError, transactionNotFound, validation } from './data-api-error.ts';
import type { EndTransactionRequest, Target } from './request-shapes.ts';

export interface TransactionLimits {
  /** Rolled back when no call uses it for so long: 3 minutes on AWS. */
  readonly idleMs: number;
  /** Rolled back after so long in any case: 24 hours on AWS. */
  readonly lifetimeMs: number;
}

/** The transactions that BeginTransaction has opened; each holds a connection. */
export interface Transactions {
  begin(target: Target): Promise<{ transactionId: string }>;
  /**
   * Runs one statement in a transaction.
   *
   * @throws DataApiError when the transaction is unknown or ended, or still runs another statement.
   */
  within<Result>(
    target: Target,
    transactionId: string,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result>;
  commit(request: EndTransactionRequest): Promise<{ transactionStatus: string }>;
  rollback(request: EndTransactionRequest): Promise<{ transactionStatus: string }>;
  end(): void;
}

interface Transaction {
  readonly connection: Connection;
  readonly resourceArn: string;
  readonly database: string | undefined;
  readonly lifetime: NodeJS.Timeout;
  idle: NodeJS.Timeout;
  busy: boolean;
}

export function createTransactions(clusters: Clusters, limits: TransactionLimits): Transactions {
  const open = new Map<string, Transaction>();

  const forget = (id: string): Transaction | undefined => {
    const transaction = open.get(id);
    if (!transaction) return undefined;
    open.delete(id);
    clearTimeout(transaction.idle);
    clearTimeout(transaction.lifetime);
    return transaction;
  };
  const expire = (id: string): void => {
    forget(id)?.connection.close();
  };

  /** Only one call at a time may use a transaction; the time it takes does not count as idle. */
  const use = async <Result>(
    target: Target,
    id: string,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> => {
    const transaction = open.get(id);
    if (transaction?.resourceArn !== target.resourceArn) throw transactionNotFound(id);
    if (target.database !== undefined && target.database !== transaction.database) {
      throw validation('Database name is not the same as the one the transaction was begun with.');
    }
    if (transaction.busy) throw databaseError('Transaction is still running a query');
    transaction.busy = true;
    clearTimeout(transaction.idle);
    try {
      return await work(transaction);
    } finally {
      transaction.busy = false;
      if (open.has(id))
        transaction.idle = timer(() => {
          expire(id);
        }, limits.idleMs);
    }
  };

  return {
    async begin(target) {
      const connection = await clusters.connections(target).acquire();
      await connection.control('BEGIN');
      const id = randomBytes(96).toString('base64');
      open.set(id, {
        connection,
        resourceArn: target.resourceArn,
        database: target.database,
        busy: false,
        idle: timer(() => {
          expire(id);
        }, limits.idleMs),
        lifetime: timer(() => {
          expire(id);
        }, limits.lifetimeMs),
      });
      return { transactionId: id };
    },
    within: (target, id, work) => use(target, id, ({ connection }) => work(connection)),
    commit: (request) =>
      use(request, request.transactionId, async ({ connection }) => {
        forget(request.transactionId);
        const { command } = await connection.control('COMMIT').finally(() => {
          connection.release();
        });
        // Postgres rolls a failed transaction back without complaint; here that is not called a commit.
        if (command === 'ROLLBACK') throw databaseError(`ERROR: ${ABORTED}; SQLState: 25P02`);
        return { transactionStatus: 'Transaction Committed' };
      }),
    rollback: (request) =>
      use(request, request.transactionId, async ({ connection }) => {
        forget(request.transactionId);
        await connection.control('ROLLBACK').finally(() => {
          connection.release();
        });
        return { transactionStatus: 'Rollback Complete' };
      }),
    end() {
      for (const id of open.keys()) expire(id);
    },
  };
}

const ABORTED = 'current transaction is aborted, commands ignored until end of transaction block';

/** A timer that does not keep the process alive. */
function timer(expire: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(expire, ms).unref();
}
