import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An API key in its two parts: the name of its row, and what only its holder knows. */
export interface ApiKey {
  /** 64 random bits as 16 hexadecimal digits. */
  readonly keyId: string;
  /** 256 random bits as 64 hexadecimal digits. */
  readonly secret: string;
}

/** Letters and digits alone, so that one click selects a whole key, and a prefix by which scanners find a leaked one. */
const FORM = /^errand_([0-9a-f]{16})_([0-9a-f]{64})$/;

export function newApiKey(): ApiKey {
  return { keyId: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('hex') };
}

/** `errand_<key id>_<secret>` */
export function apiKeyText({ keyId, secret }: ApiKey): string {
  return `errand_${keyId}_${secret}`;
}

/** Reads a key; undefined for any other text. */
export function readApiKey(text: string): ApiKey | undefined {
  const [, keyId, secret] = FORM.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

/**
 * What is kept of a secret: its SHA-256, in hexadecimal digits. A slow hash and a salt are for passwords; 256 random bits can't be
 * guessed, whatever the hash.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret is the one that was kept; takes as long for a wrong one as for the right one. */
export function isSecretOf(secret: string, keptHash: string): boolean {
  const given = Buffer.from(secretHash(secret), 'hex');
  const kept = Buffer.from(keptHash, 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept);
}
