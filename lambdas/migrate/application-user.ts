import type { Log } from '../job/log.ts';
import { scramVerifier } from './scram-verifier.ts';
import { inTransaction, type Database, type Run } from './transaction.ts';

/** The database user of every function but the migrations. */
export interface ApplicationUser {
  readonly username: string;
  readonly password: string;
}

/**
 * Neither a role's name nor its password can be a parameter of the statements that make it. Both wait in settings of the
 * transaction, and `format` quotes them: no text of ours becomes SQL.
 */
const REMEMBER = `
SELECT set_config('errand.application_user', :username, true)
    || set_config('errand.application_verifier', :verifier, true)`;

const WITH_THE_USER = "username text DEFAULT current_setting('errand.application_user')";

/** What the user may do, said anew each time: the rights are the same afterwards, whatever they were. */
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
  // Not only what is missing is granted: what is too much is taken back.
  `DO $$
   DECLARE ${WITH_THE_USER};
   BEGIN
     EXECUTE format('REVOKE ALL ON SCHEMA public FROM %I', username);
     EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', username);
     EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', username);
     EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %I', username);
   END $$`,
  // What others own in the same schema is none of ours; of the list of migrations the functions know nothing.
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
 * Makes the user of the functions, or gives it the password that its secret has by now, and rights on rows alone: it reads
 * and writes the tables of the service, and can create, change and drop none.
 */
export async function admitApplication(user: ApplicationUser, database: Database, log: Log): Promise<void> {
  const { username, password } = user;
  const admit = async (run: Run): Promise<void> => {
    await run(REMEMBER, { username, verifier: scramVerifier(password) });
    for (const statement of STATEMENTS) await run(statement);
  };
  await inTransaction(database, log, {
    do: admit,
    // Said twice is the same as said once.
    settle: () =>
      inTransaction(database, log, {
        do: admit,
        settle: (_result, error) => Promise.reject(error as Error),
      }),
  });
  log.info('The database user of the functions is up to date.', { username });
}

/**
 * Reads what a secret of Secrets Manager holds.
 * @throws Error that does not quote it
 */
export function readApplicationUser(secret: string): ApplicationUser {
  try {
    const { username, password } = JSON.parse(secret) as Partial<Record<keyof ApplicationUser, unknown>>;
    if (typeof username === 'string' && username !== '' && typeof password === 'string') {
      return { username, password };
    }
  } catch {
    // Refused below: the error of the parser would quote the secret.
  }
  throw new Error('The secret of the functions’ database user must be JSON with "username" and "password".');
}
