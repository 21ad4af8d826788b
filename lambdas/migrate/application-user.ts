import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { ServiceLog } from '../job/log.ts';
import { inTransaction, type Database, type Run } from './transaction.ts';

/** The database user of all functions except the migration function. */
export interface ApplicationUser {
  readonly username: string;
  readonly password: string;
}

/**
 * Stores the user's name and verifier in transaction-local settings, because `CREATE ROLE` can't have parameters. `format`
 * quotes both values, so the SQL never contains an unquoted string.
 */
const REMEMBER = `
SELECT set_config('errand.application_user', :username, true)
    || set_config('errand.application_verifier', :verifier, true)`;

const WITH_THE_USER = "username text DEFAULT current_setting('errand.application_user')";

/** Creates the user and sets its privileges. Idempotent, even if the user had other privileges before. */
const STATEMENTS = [
  `DO $$
   DECLARE ${WITH_THE_USER};
   BEGIN
     IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = username) THEN
       EXECUTE format('CREATE ROLE %I', username);
     END IF;
     EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', username, current_setting('errand.application_verifier'));
     EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = public', username, current_database());
   END $$`,
  // Also revokes excess privileges.
  `DO $$
   DECLARE ${WITH_THE_USER};
   BEGIN
     EXECUTE format('REVOKE ALL ON SCHEMA public FROM %I', username);
     EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', username);
     EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', username);
     EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %I', username);
   END $$`,
  // Skips relations that other users own. The user gets no privileges on the migrations table.
  `DO $$
   DECLARE ${WITH_THE_USER}; relation record;
   BEGIN
     FOR relation IN
       SELECT oid, relkind = 'S' AS is_sequence, relname = 'schema_migrations' AS is_ledger FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
         AND relowner = current_user::regrole
     LOOP
       EXECUTE format('REVOKE ALL ON %s FROM %I', relation.oid::regclass, username);
       IF relation.is_sequence THEN
         EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', relation.oid::regclass, username);
       ELSIF NOT relation.is_ledger THEN
         EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', relation.oid::regclass, username);
       END IF;
     END LOOP;
   END $$`,
];

/**
 * Creates the functions' database user, or updates its password from the secret. The user may read and write rows, but may
 * not create, alter or drop tables.
 */
export async function admitApplication(
  user: ApplicationUser,
  database: Database,
  log: ServiceLog,
): Promise<void> {
  const { username, password } = user;
  const admit = async (run: Run): Promise<void> => {
    await run(REMEMBER, { username, verifier: scramVerifier(password) });
    for (const statement of STATEMENTS) await run(statement);
  };
  await inTransaction(database, log, {
    do: admit,
    // If the outcome is unknown, run the statements again: they are idempotent.
    settle: () =>
      inTransaction(database, log, {
        do: admit,
        settle: (_result, error) => Promise.reject(error as Error),
      }),
  });
  log.info('database_user_updated', "The functions' database user is up to date.", { username });
}

/**
 * Parses the user's secret from Secrets Manager.
 *
 * @throws Error that does not quote the secret
 */
export function readApplicationUser(secret: string): ApplicationUser {
  try {
    const { username, password } = JSON.parse(secret) as Partial<Record<keyof ApplicationUser, unknown>>;
    if (typeof username === 'string' && username !== '' && typeof password === 'string') {
      return { username, password };
    }
  } catch {
    // Ignore the parser's error, which would quote the secret, and throw the error below.
  }
  throw new Error('The functions’ database user secret must be JSON with "username" and "password".');
}

/** PostgreSQL's default for `scram_iterations`. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const SHA_256_BYTES = 32;

/**
 * Computes a password's SCRAM verifier (RFC 5803). PostgreSQL accepts the verifier in place of the password, so the password
 * never appears in a statement or log. Only ASCII passwords are accepted, because PostgreSQL would normalize other characters
 * (SASLprep).
 *
 * @throws Error if the password contains anything other than printable ASCII characters; the error does not quote the
 * password
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error("The database user's password must consist of printable ASCII characters.");
  }
  const salted = pbkdf2Sync(password, salt, ITERATIONS, SHA_256_BYTES, 'sha256');
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
