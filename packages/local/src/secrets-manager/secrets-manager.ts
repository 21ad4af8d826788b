import { randomInt, randomUUID } from 'node:crypto';
import { JsonError, serveJson, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { randomPassword } from './random-password.ts';
import { openSecretStore, type Secret, type SecretVersion } from './secret-store.ts';

export interface SecretsManagerOptions {
  /** The secrets are kept in its folder `secrets-manager`, readable to their owner alone. */
  readonly dataDir: string;
  /** The region in the secrets' ARNs, by default us-east-1. */
  readonly region?: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface SecretsManager extends AwsService, DataStore {
  /** The current value of a secret, by its ARN or name, for a service that reads it in the name of its caller. */
  read(id: string): string | undefined;
}

const ACCOUNT = '000000000000';

/** Secrets Manager ends the ARN of every secret in a hyphen and six characters, so that no two secrets ever share one. */
const ARN_SUFFIX_LENGTH = 6;
const ARN_SUFFIX_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Starts Secrets Manager with what a stack and its functions need of it: text secrets, created with a value, read by
 * name or ARN, and given new values, the one before staying readable as AWSPREVIOUS. A value that was written is in the
 * operating system's hands before the call is answered.
 * @throws Error of one line if the file of the secrets is damaged
 */
export function startSecretsManager(options: SecretsManagerOptions): SecretsManager {
  const { dataDir, region = 'us-east-1', now = Date.now } = options;
  const store = openSecretStore(dataDir);

  function find(input: JsonObject): Secret {
    const secret = store.get(textIn(input, 'SecretId'));
    if (secret) return secret;
    throw notFound("Secrets Manager can't find the specified secret.");
  }

  function newVersion(input: JsonObject): SecretVersion {
    const { ClientRequestToken: token } = input;
    return {
      id: typeof token === 'string' ? token : randomUUID(),
      value: textIn(input, 'SecretString'),
      createdAt: now() / 1000,
    };
  }

  const handle = serveJson({
    title: 'Secrets Manager',
    contentType: 'application/x-amz-json-1.1',
    operations: {
      GetRandomPassword: (input) => ({ RandomPassword: randomPassword(input) }),

      CreateSecret(input) {
        const name = textIn(input, 'Name');
        if (store.get(name)) {
          throw new JsonError('ResourceExistsException', `The secret ${name} already exists.`);
        }
        const secret = { name, arn: newArn(region, name), current: newVersion(input) };
        store.set(secret);
        return { ARN: secret.arn, Name: name, VersionId: secret.current.id };
      },

      DescribeSecret(input) {
        const { arn, name, current, previous } = find(input);
        const stages = { [current.id]: ['AWSCURRENT'], ...(previous && { [previous.id]: ['AWSPREVIOUS'] }) };
        return { ARN: arn, Name: name, VersionIdsToStages: stages };
      },

      PutSecretValue(input) {
        const { arn, name, current: previous } = find(input);
        const current = newVersion(input);
        store.set({ arn, name, current, previous });
        return { ARN: arn, Name: name, VersionId: current.id, VersionStages: ['AWSCURRENT'] };
      },

      GetSecretValue(input) {
        const secret = find(input);
        const { stage, version } = versionOf(secret, input);
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: version.id,
          SecretString: version.value,
          VersionStages: [stage],
          CreatedDate: version.createdAt,
        };
      },
    },
  });

  return {
    name: 'secretsmanager',
    handle,
    folder: 'secrets-manager',
    isEmpty: () => store.isEmpty(),
    read: (id) => store.get(id)?.current.value,
    end: () => Promise.resolve(),
  };
}

/** The value that a call asks for by its stage or its id: the current one, if it names neither. */
function versionOf(
  { current, previous }: Secret,
  { VersionStage: stage, VersionId: id }: JsonObject,
): { stage: string; version: SecretVersion } {
  const versions = [
    { stage: 'AWSCURRENT', version: current },
    ...(previous ? [{ stage: 'AWSPREVIOUS', version: previous }] : []),
  ];
  const found = versions.find(
    (candidate) =>
      (stage === undefined || candidate.stage === stage) && (id === undefined || candidate.version.id === id),
  );
  if (found) return found;
  throw notFound(`Secrets Manager can't find the specified secret value: ${JSON.stringify({ stage, id })}`);
}

function newArn(region: string, name: string): string {
  const suffix = Array.from(
    { length: ARN_SUFFIX_LENGTH },
    () => ARN_SUFFIX_CHARACTERS[randomInt(ARN_SUFFIX_CHARACTERS.length)],
  ).join('');
  return `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-${suffix}`;
}

function textIn(input: JsonObject, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new JsonError('InvalidRequestException', `You must provide a text for ${name}.`);
}

function notFound(message: string): JsonError {
  return new JsonError('ResourceNotFoundException', message);
}
