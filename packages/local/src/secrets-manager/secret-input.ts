import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { CURRENT } from './versions.ts';
import type { Tag } from './secret-store.ts';

const NAME = /^[\w/+=.@!-]+$/;
const MAX_NAME_LENGTH = 512;

/** The maximum size of a secret's value, in bytes. */
const MAX_VALUE_BYTES = 65_536;

const MAX_STAGES = 20;

/** @throws JsonError ValidationException with AWS's message */
export function nameIn(input: JsonObject, member: 'Name' | 'SecretId'): string {
  const name = textIn(input, member);
  if (member === 'SecretId' && name.startsWith('arn:')) return name;
  if (!NAME.test(name)) {
    throw new JsonError(
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new JsonError('ValidationException', `${member} must have at most ${MAX_NAME_LENGTH} characters.`);
  }
  return name;
}

export function valueIn(input: JsonObject): string {
  const value = textIn(input, 'SecretString');
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return value;
  throw new JsonError('ValidationException', `SecretString must have at most ${MAX_VALUE_BYTES} bytes.`);
}

/** Reads the token that makes a write idempotent. The token becomes the version's ID. The SDKs generate a token for each call. */
export function tokenIn({ ClientRequestToken: token }: JsonObject): string {
  if (typeof token !== 'string') {
    throw new JsonError(
      'InvalidRequestException',
      'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    );
  }
  if (token.length >= 32 && token.length <= 64) return token;
  throw new JsonError('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.');
}

export function stagesIn({ VersionStages: stages = [CURRENT] }: JsonObject): string[] {
  const isList = Array.isArray(stages) && stages.length > 0 && stages.length <= MAX_STAGES;
  if (isList && stages.every((stage) => typeof stage === 'string' && /^.{1,256}$/.test(stage))) {
    return stages as string[];
  }
  throw new JsonError(
    'InvalidParameterException',
    `VersionStages must be a list of 1 to ${MAX_STAGES} labels, each of 1 to 256 characters.`,
  );
}

export function tagsIn({ Tags: tags }: JsonObject): readonly Tag[] | undefined {
  if (tags === undefined) return undefined;
  if (Array.isArray(tags) && tags.every(isTag)) return tags;
  throw new JsonError('InvalidParameterException', 'Tags must be a list of objects with Key and Value.');
}

function isTag(tag: unknown): tag is Tag {
  const { Key, Value } = (tag ?? {}) as Partial<Record<keyof Tag, unknown>>;
  return typeof Key === 'string' && Key !== '' && typeof Value === 'string';
}

/** @throws JsonError if the member is absent, empty or not a string */
export function textIn(input: JsonObject, name: string): string {
  const value = optionalTextIn(input, name);
  if (value !== undefined && value !== '') return value;
  throw new JsonError('InvalidRequestException', `You must provide a string for ${name}.`);
}

export function optionalTextIn(input: JsonObject, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new JsonError('InvalidRequestException', `${name} must be a string.`);
}
