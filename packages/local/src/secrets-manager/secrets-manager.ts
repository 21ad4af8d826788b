import { randomInt } from 'node:crypto';
import { JsonError, serveJson, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { refusingUnknownMembers } from '../aws-endpoint/known-members.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { descriptionOf, listSecrets } from './descriptions.ts';
import { RANDOM_PASSWORD_MEMBERS, randomPassword } from './random-password.ts';
import { nameIn, optionalTextIn, stagesIn, tagsIn, tokenIn, valueIn } from './secret-input.ts';
import { openSecretStore, type Secret } from './secret-store.ts';
import { CURRENT, versionOf, withVersion } from './versions.ts';

export interface SecretsManagerOptions {
  /** The data folder. Secrets are kept in its `secrets-manager` subfolder, which only the owner can read. */
  readonly dataDir: string;
  /** The region in the secrets' ARNs. Defaults to us-east-1. */
  readonly region?: string;
  /** Returns the current time, in milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface SecretsManager extends AwsService, DataStore {
  /** Returns the current value of a secret, given its ARN or name. Used by services that read a secret on behalf of their caller. */
  read(id: string): string | undefined;
}

const ACCOUNT = '000000000000';

/** Secrets Manager appends a hyphen and six random characters to every secret's ARN, so that no two secrets ever share an ARN. */
const ARN_SUFFIX_LENGTH = 6;
const ARN_SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Starts Secrets Manager with the features that a stack and its functions need: secrets with string values can be created,
 * described, read, and given new versions with staging labels. Nothing is encrypted. A write reaches the operating system before
 * its response is sent.
 * @throws a one-line Error if the secrets file is corrupt
 */
export function startSecretsManager(options: SecretsManagerOptions): SecretsManager {
  const { dataDir, region = 'us-east-1', now = Date.now } = options;
  const store = openSecretStore(dataDir);

  function find(input: JsonObject): Secret {
    const secret = store.get(nameIn(input, 'SecretId'));
    if (secret) return secret;
    throw new JsonError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  function createSecret(input: JsonObject): object {
    const name = nameIn(input, 'Name');
    const tags = tagsIn(input);
    const description = optionalTextIn(input, 'Description');
    const kmsKeyId = optionalTextIn(input, 'KmsKeyId');
    const value = input.SecretString === undefined ? undefined : valueIn(input);
    const id = value === undefined ? undefined : tokenIn(input);
    const existing = store.get(name);
    if (existing) {
      if (id === undefined || !isRepeated(existing, id, value))
        throw exists(`The operation failed because the secret ${name} already exists.`);
      return { ARN: existing.arn, Name: name, VersionId: id };
    }
    const at = now() / 1000;
    const arn = newArn(region, name);
    const version =
      id === undefined || value === undefined ? [] : withVersion([], { id, value, createdAt: at }, []);
    store.set({
      name,
      arn,
      ...(description !== undefined && { description }),
      ...(kmsKeyId !== undefined && { kmsKeyId }),
      ...(tags && { tags }),
      createdAt: at,
      changedAt: at,
      versions: version,
    });
    return { ARN: arn, Name: name, VersionId: id };
  }

  function putSecretValue(input: JsonObject): object {
    const secret = find(input);
    const [id, value, stages] = [tokenIn(input), valueIn(input), stagesIn(input)];
    const at = now() / 1000;
    const isNew = !isRepeated(secret, id, value);
    const versions = isNew
      ? withVersion(secret.versions, { id, value, createdAt: at }, stages)
      : secret.versions;
    if (isNew) store.set({ ...secret, changedAt: at, versions });
    const written = versions.find((version) => version.id === id);
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: written?.stages };
  }

  const handle = serveJson({
    title: 'Secrets Manager',
    contentType: 'application/x-amz-json-1.1',
    operations: refusingUnknownMembers('Secrets Manager', {
      GetRandomPassword: {
        members: RANDOM_PASSWORD_MEMBERS,
        run: (input) => ({ RandomPassword: randomPassword(input) }),
      },
      CreateSecret: {
        members: ['Name', 'SecretString', 'ClientRequestToken', 'Description', 'KmsKeyId', 'Tags'],
        run: createSecret,
      },
      DescribeSecret: { members: ['SecretId'], run: (input) => descriptionOf(find(input)) },
      ListSecrets: {
        members: ['MaxResults', 'NextToken'],
        run: (input) => listSecrets(store.list(), input),
      },
      PutSecretValue: {
        members: ['SecretId', 'SecretString', 'ClientRequestToken', 'VersionStages'],
        run: putSecretValue,
      },
      GetSecretValue: {
        members: ['SecretId', 'VersionId', 'VersionStage'],
        run(input) {
          const secret = find(input);
          const version = versionOf(secret, {
            id: optionalTextIn(input, 'VersionId'),
            stage: optionalTextIn(input, 'VersionStage'),
          });
          return {
            ARN: secret.arn,
            Name: secret.name,
            VersionId: version.id,
            SecretString: version.value,
            VersionStages: version.stages,
            CreatedDate: version.createdAt,
          };
        },
      },
    }),
  });

  return {
    name: 'secretsmanager',
    handle,
    folder: 'secrets-manager',
    isEmpty: () => store.isEmpty(),
    read: (id) => store.get(id)?.versions.find(({ stages }) => stages.includes(CURRENT))?.value,
    end: () => Promise.resolve(),
  };
}

/**
 * Whether a write is a retry of an earlier write, and is therefore ignored.
 * @throws JsonError ResourceExistsException if the token was used for another value
 */
function isRepeated({ arn, versions }: Secret, id: string, value: string | undefined): boolean {
  const version = versions.find((candidate) => candidate.id === id);
  if (!version) return false;
  if (version.value === value) return true;
  throw exists(
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arn}.`,
  );
}

function exists(message: string): JsonError {
  return new JsonError('ResourceExistsException', message);
}

function newArn(region: string, name: string): string {
  const suffix = Array.from(
    { length: ARN_SUFFIX_LENGTH },
    () => ARN_SUFFIX_CHARACTERS[randomInt(ARN_SUFFIX_CHARACTERS.length)],
  ).join('');
  return `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-${suffix}`;
}
