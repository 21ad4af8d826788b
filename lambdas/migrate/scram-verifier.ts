import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's own default, `scram_iterations`. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const SHA_256_BYTES = 32;

/**
 * What PostgreSQL keeps of a password (RFC 5803), in the form that it takes in the place of one: the password itself is
 * in no statement and in no log. PostgreSQL normalizes other characters (SASLprep), so that only ASCII is taken.
 *
 * @throws Error for a password with other characters than printable ASCII; it does not quote it
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error('The password of the database user must be of printable ASCII characters.');
  }
  const salted = pbkdf2Sync(password, salt, ITERATIONS, SHA_256_BYTES, 'sha256');
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
