import { ExecuteStatementCommand, type RDSDataClient, type SqlParameter } from '@aws-sdk/client-rds-data';
import { setTimeout as wait } from 'node:timers/promises';
import { LONGEST_STATEMENT_MS } from '../../job/aurora-times.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import type { ServiceLog } from '../../job/log.ts';
import { callingWithin, type CallLimits } from '../aws/http-handler.ts';
import { DISCONNECTED_SQL_STATE, isResuming, ROLLED_BACK_SQL_STATE } from './passing-errors.ts';

/** A parameter's value. Values of most Postgres types are passed as strings, and cast in the SQL. */
export type Parameter = string | number | boolean | null;

/** One SQL statement, with a name for logs and tests. Its rows have a single JSON column. */
export interface Statement {
  readonly name: string;
  readonly sql: string;
  /**
   * Whether the statement may be slow on a cold cache, because it reads or deletes many rows. A slow statement gets the
   * longest timeout that the Data API allows. It is not retried after a timeout, because its first execution continues in
   * the database.
   */
  readonly isSlow?: boolean;
}

export interface DataApi {
  /**
   * Runs one statement in its own transaction. Returns its rows, each parsed from the JSON in the row's only column. Every
   * statement must be idempotent, because a request is retried if its response is lost, and the Data API has no idempotency
   * tokens.
   * @throws StoreUnavailableError
   */
  query<Row>(statement: Statement, parameters?: Record<string, Parameter>): Promise<Row[]>;
  /** Like `query`, but returns each row's JSON without parsing it. */
  queryText(statement: Statement, parameters?: Record<string, Parameter>): Promise<string[]>;
  /**
   * Like `query`, but also returns `isOnly`, which is true if the statement was certainly executed only once. If `isOnly`
   * is false, an earlier request whose response was lost may still take effect later.
   */
  queryKnowing<Row>(
    statement: Statement,
    parameters?: Record<string, Parameter>,
  ): Promise<{ rows: Row[]; isOnly: boolean }>;
}

export interface DataApiOptions {
  client: RDSDataClient;
  clusterArn: string;
  secretArn: string;
  database: string;
  log: ServiceLog;
  /** How long to wait for a paused database, in milliseconds from now. */
  patienceMs: () => number;
  /**
   * The deadline for all statements, in milliseconds from now. Statements that are still running at the deadline are
   * aborted.
   * @default - none
   */
  limitMs?: () => number;
  /** @default - real time */
  clock?: { readonly elapsedMs: () => number; readonly pause: (ms: number) => Promise<unknown> };
}

/** The pause before a resuming database is polled again, in milliseconds. */
const RESUME_POLL_MS = 500;

const REAL_TIME = { elapsedMs: () => performance.now(), pause: (ms: number) => wait(ms) };

/**
 * Errors that prove that the statement was not executed. The first error means that a paused cluster has not resumed yet;
 * the others reject the request itself. The error for an unavailable writer is not in this list, because the writer may
 * have failed after executing the statement.
 */
const REFUSED = new Set([
  'DatabaseResumingException',
  'DatabaseNotFoundException',
  'AccessDeniedException',
  'ForbiddenException',
  'HttpEndpointNotEnabledException',
  'InvalidSecretException',
  'SecretsErrorException',
]);

/** Errors in the statement itself. They are bugs in Errand, so a retry would not help. */
const OUR_FAULT = new Set(['BadRequestException', 'DatabaseErrorException', 'UnsupportedResultException']);

/** Aurora through the RDS Data API. */
export function createDataApi(options: DataApiOptions): DataApi {
  const {
    client,
    clusterArn,
    secretArn,
    database,
    log,
    limitMs = () => Infinity,
    clock = REAL_TIME,
  } = options;

  /**
   * Sends one statement, and aborts it when its time limit is reached. The SDK retries the statement after a timeout or a
   * broken connection, but not after an abort.
   */
  async function send(command: ExecuteStatementCommand, { isSlow }: Statement) {
    const timeMs = isSlow ? Math.min(limitMs(), LONGEST_STATEMENT_MS) : limitMs();
    if (timeMs === Infinity) return client.send(command);
    const end = new AbortController();
    const timer = setTimeout(() => {
      end.abort(new Error(`The statement did not end within ${Math.round(timeMs)} ms.`));
    }, timeMs);
    try {
      const limits: CallLimits = {
        signal: end.signal,
        // This timeout is longer than the time until the abort, because the SDK would retry the statement after a timeout,
        // but not after an abort.
        ...(isSlow && { requestTimeout: timeMs + 1_000, isOnNewConnection: true }),
      };
      return await callingWithin(limits, () => client.send(command));
    } finally {
      clearTimeout(timer);
    }
  }

  async function run(
    statement: Statement,
    parameters: Record<string, Parameter> = {},
  ): Promise<{ texts: string[]; isOnly: boolean }> {
    const command = new ExecuteStatementCommand({
      resourceArn: clusterArn,
      secretArn,
      database,
      sql: statement.sql,
      parameters: Object.entries(parameters).map(([name, value]) => toSqlParameter(name, value)),
    });
    const startedAt = clock.elapsedMs();
    const patience = options.patienceMs();
    // True as long as it is certain that no attempt so far has had an effect.
    let isUnapplied = true;
    // Once an attempt has found the database resuming, later timeouts are assumed to have the same cause.
    let hasSeenResume = false;
    for (;;) {
      try {
        const { records = [], $metadata: metadata } = await send(command, statement);
        return {
          texts: records.map(([field]) => field?.stringValue ?? 'null'),
          isOnly: isUnapplied && (metadata.attempts ?? 1) === 1,
        };
      } catch (error) {
        isUnapplied &&= hasNoEffect(error);
        hasSeenResume ||= isResuming(error);
        const isPatient = clock.elapsedMs() - startedAt + RESUME_POLL_MS < patience;
        const passes =
          isResuming(error) || isTransient(error) || (hasSeenResume && nameOf(error) === 'TimeoutError');
        // Retry here, because the SDK doesn't retry these errors, or gives up too early.
        if (passes && isPatient) {
          await clock.pause(RESUME_POLL_MS);
          continue;
        }
        const isPaused =
          isResuming(error) || (hasSeenResume && ['TimeoutError', 'AbortError'].includes(nameOf(error)));
        const domainError = toDomainError(error, statement, isUnapplied ? 'no' : 'unknown', isPaused);
        if (!isPaused) {
          log.warn('statement_failed', 'An SQL statement failed.', {
            statement: statement.name,
            error: domainError,
          });
        }
        throw domainError;
      }
    }
  }

  return {
    async queryText(statement, parameters) {
      return (await run(statement, parameters)).texts;
    },
    async query(statement, parameters) {
      const { texts } = await run(statement, parameters);
      return texts.map((row) => JSON.parse(row) as never);
    },
    async queryKnowing(statement, parameters) {
      const { texts, isOnly } = await run(statement, parameters);
      return { rows: texts.map((row) => JSON.parse(row) as never), isOnly };
    },
  };
}

function toSqlParameter(name: string, value: Parameter): SqlParameter {
  if (value === null) return { name, value: { isNull: true } };
  if (typeof value === 'string') return { name, value: { stringValue: value } };
  if (typeof value === 'boolean') return { name, value: { booleanValue: value } };
  return Number.isInteger(value)
    ? { name, value: { longValue: value } }
    : { name, value: { doubleValue: value } };
}

function toDomainError(
  error: unknown,
  statement: Statement,
  applied: 'no' | 'unknown',
  isPaused: boolean,
): Error {
  if (!isResuming(error) && !isTransient(error) && !isLoginRefused(error) && OUR_FAULT.has(nameOf(error))) {
    return new Error(`The statement ${statement.name} was refused.`, { cause: withoutValues(error) });
  }
  return new StoreUnavailableError('aurora', applied, error, isPaused);
}

/** SQL states whose messages quote the input: invalid data, and violated constraints. */
const QUOTING_SQL_STATE = /SQLState: (2[23]\w{3})/;

/**
 * Removes clients' data from an error before it is logged. Postgres includes a row's values in the error's message and
 * detail.
 */
function withoutValues(error: unknown): Error {
  const message = messageOf(error);
  const [, quoting] = QUOTING_SQL_STATE.exec(message) ?? [];
  const [first = ''] = message.split(/\n|; {0,3}Detail:/);
  const safe = quoting === undefined ? first.trimEnd().replace(/;$/, '') : `SQLState: ${quoting}`;
  return new Error(`${nameOf(error)}: ${safe}`);
}

/**
 * Whether it is certain that a failed request had no effect. If the SDK sent the request several times, only the last
 * response is known, and an earlier attempt that timed out may have been executed.
 */
function hasNoEffect(error: unknown): boolean {
  return (
    attemptsOf(error) === 1 &&
    (REFUSED.has(nameOf(error)) || ROLLED_BACK_SQL_STATE.test(messageOf(error)) || isLoginRefused(error))
  );
}

/**
 * Whether the database rejected the login. This happens during a password change, while the secret already contains the new
 * password but the operator has not set it in the database yet.
 */
function isLoginRefused(error: unknown): boolean {
  return /SQLState: 28P01\b/.test(messageOf(error));
}

function isTransient(error: unknown): boolean {
  return ROLLED_BACK_SQL_STATE.test(messageOf(error)) || DISCONNECTED_SQL_STATE.test(messageOf(error));
}

/** How many times the SDK has sent the request. */
function attemptsOf(error: unknown): number {
  const { $metadata: metadata } = error as { $metadata?: { attempts?: number } };
  return metadata?.attempts ?? 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
