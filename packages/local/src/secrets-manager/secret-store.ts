import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A current or former value of a secret. */
export interface SecretVersion {
  /** The ClientRequestToken of the request that wrote the version. */
  readonly id: string;
  readonly value: string;
  /** The version's staging labels, such as AWSCURRENT; empty for a deprecated version. */
  readonly stages: readonly string[];
  /** The creation time, in seconds since the epoch. */
  readonly createdAt: number;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags?: readonly Tag[];
  /** The creation time, in seconds since the epoch. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** The versions, oldest first. */
  readonly versions: readonly SecretVersion[];
}

/** All secrets, stored in one file in the data folder. */
export interface SecretStore {
  /** Finds a secret by name or ARN. */
  get(id: string): Secret | undefined;
  /** All secrets, in creation order. */
  list(): readonly Secret[];
  set(secret: Secret): void;
  isEmpty(): boolean;
}

/**
 * Opens the secrets in `<dataDir>/secrets-manager/secrets.json`. If the file is absent, there are no secrets yet.
 * @throws a one-line Error if the file is corrupt
 */
export function openSecretStore(dataDir: string): SecretStore {
  const folder = join(dataDir, 'secrets-manager');
  const path = join(folder, 'secrets.json');
  mkdirSync(folder, { recursive: true });
  const secrets = read(path);
  return {
    isEmpty: () => secrets.length === 0,
    get: (id) => secrets.find(({ name, arn }) => name === id || arn === id),
    list: () => secrets,
    set(secret) {
      const index = secrets.findIndex(({ name }) => name === secret.name);
      secrets.splice(index === -1 ? secrets.length : index, 1, secret);
      // A rename is atomic: after a crash, either the old or the new file exists.
      writeFileSync(`${path}.new`, JSON.stringify(secrets, undefined, 2), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

/** A secret in the format of earlier releases, which kept at most two values. */
interface EarlierSecret {
  readonly name: string;
  readonly arn: string;
  readonly current: Omit<SecretVersion, 'stages'>;
  readonly previous?: Omit<SecretVersion, 'stages'>;
}

function read(path: string): Secret[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as (Secret | EarlierSecret)[]).map(upgraded);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${path} is damaged; delete the data folder it is in to start afresh`, { cause: error });
  }
}

function upgraded(secret: Secret | EarlierSecret): Secret {
  if ('versions' in secret) return secret;
  const { name, arn, current, previous } = secret;
  const versions = [
    ...(previous ? [{ ...previous, stages: ['AWSPREVIOUS'] }] : []),
    { ...current, stages: ['AWSCURRENT'] },
  ];
  return {
    name,
    arn,
    createdAt: (previous ?? current).createdAt,
    changedAt: current.createdAt,
    versions,
  };
}
