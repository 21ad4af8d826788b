import { randomBytes } from 'node:crypto';
import type { Clusters } from './clusters.ts';
import type { Connection } from './connections.ts';
import { databaseError, transactionNotFound, validation } from './data-api-error.ts';
import type { EndTransactionRequest, Target } from './request-shapes.ts';

export interface TransactionLimits {
  /** How long a transaction may be idle before it is rolled back: 3 minutes on AWS. */
  readonly idleMs: number;
  /** The maximum duration of a transaction, after which it is rolled back: 24 hours on AWS. */
  readonly lifetimeMs: number;
}

/** The open transactions from BeginTransaction. Each transaction holds a connection. */
export interface Transactions {
  begin(target: Target): Promise<{ transactionId: string }>;
  /**
   * Runs one statement in a transaction.
   *
   * @throws DataApiError if the transaction is unknown, has ended, or is still running another statement
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
  readonly database: string;
  readonly lifetime: NodeJS.Timeout;
  idle: NodeJS.Timeout;
  busy: boolean;
}

export function createTransactions(clusters: Clusters, limits: TransactionLimits): Transactions {
  const open = new Map<string, Transaction>();

  const forget = (id: string): Transaction | undefined => {
    const transaction = open.get(id);
    open.delete(id);
    clearTimeout(transaction?.idle);
    clearTimeout(transaction?.lifetime);
    return transaction;
  };
  /** Ends a transaction that has expired. Closing its connection rolls it back. */
  const expire = (id: string): void => forget(id)?.connection.close();
  const expireAfter = (ms: number, id: string): NodeJS.Timeout => setTimeout(expire, ms, id).unref();

  const find = (target: Target, id: string): Transaction => {
    const { name } = clusters.find(target);
    const transaction = open.get(id);
    if (transaction?.resourceArn !== target.resourceArn) throw transactionNotFound(id);
    // The database is undefined for CommitTransaction and RollbackTransaction.
    if (target.database !== undefined && name !== transaction.database) {
      throw validation('Database name is not the one that the transaction was started with.');
    }
    if (transaction.busy) throw databaseError('Transaction is still running a query');
    return transaction;
  };

  /** Ends a transaction with COMMIT or ROLLBACK. The transaction ends even if the command fails. */
  const finish = async (request: EndTransactionRequest, sql: string): Promise<string> => {
    const { connection } = find(request, request.transactionId);
    forget(request.transactionId);
    try {
      return (await connection.control(sql)).command;
    } finally {
      connection.release();
    }
  };

  return {
    async begin(target) {
      const { name, connections } = clusters.find(target);
      const connection = await connections.acquire();
      try {
        await connection.control('BEGIN');
      } catch (error) {
        connection.close();
        throw error;
      }
      const id = randomBytes(96).toString('base64');
      open.set(id, {
        connection,
        resourceArn: target.resourceArn,
        database: name,
        busy: false,
        idle: expireAfter(limits.idleMs, id),
        lifetime: expireAfter(limits.lifetimeMs, id),
      });
      return { transactionId: id };
    },

    async within(target, id, work) {
      const transaction = find(target, id);
      transaction.busy = true;
      clearTimeout(transaction.idle);
      try {
        return await work(transaction.connection);
      } finally {
        transaction.busy = false;
        if (transaction.connection.isBroken()) expire(id);
        // A statement's duration does not count as idle time.
        else if (open.has(id)) transaction.idle = expireAfter(limits.idleMs, id);
      }
    },

    async commit(request) {
      // At COMMIT, Postgres rolls back a failed transaction without an error. This emulator reports an error instead of success.
      const outcome = await finish(request, 'COMMIT');
      if (outcome === 'ROLLBACK') throw databaseError(`ERROR: ${ABORTED}; SQLState: 25P02`);
      return { transactionStatus: 'Transaction Committed' };
    },

    async rollback(request) {
      await finish(request, 'ROLLBACK');
      return { transactionStatus: 'Rollback Complete' };
    },

    end() {
      for (const id of open.keys()) expire(id);
    },
  };
}

const ABORTED = 'current transaction is aborted, commands ignored until end of transaction block';
