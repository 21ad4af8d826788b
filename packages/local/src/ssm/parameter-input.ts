import { runInNewContext } from 'node:vm';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { Parameter, Tag } from './parameter-store.ts';

const TYPES = ['String', 'StringList', 'SecureString'];

/** The maximum size of a standard parameter's value, in bytes. */
const MAX_VALUE_BYTES = 4096;

/** The maximum number of levels in a parameter's name. */
const MAX_LEVELS = 15;

/** The only supported `KeyId`: the account's default encryption key. */
const DEFAULT_KEY = 'alias/aws/ssm';

/** The members of PutParameter. */
export const PUT_MEMBERS = [
  'Name',
  'Value',
  'Type',
  'Overwrite',
  'AllowedPattern',
  'Description',
  'Tags',
  'Tier',
  'DataType',
  'KeyId',
];

/** Members for which the embedded Parameter Store supports only one value, and that value, keyed by member name. */
const KNOWN_VALUES: Readonly<Record<string, string>> = {
  Tier: 'Standard',
  DataType: 'text',
  KeyId: DEFAULT_KEY,
};

/**
 * Reads a PutParameter request into a parameter.
 * @param before the existing parameter with that name, if any
 * @throws JsonError with the error code that Parameter Store returns
 */
export function readParameter(
  input: JsonObject,
  { before, now }: { before: (name: string) => Parameter | undefined; now: number },
): Parameter {
  const name = nameIn(input);
  for (const [member, known] of Object.entries(KNOWN_VALUES)) {
    const given = input[member];
    if (given !== undefined && given !== known) {
      throw invalid(
        `The embedded Parameter Store supports only ${known} for ${member}, not ${JSON.stringify(given)}.`,
      );
    }
  }
  const tags = tagsIn(input);
  if (tags && input.Overwrite === true) {
    throw invalid("Tags and Overwrite can't be used together: put the tags when you create the parameter.");
  }
  const old = before(name);
  if (old && input.Overwrite !== true) {
    throw new JsonError(
      'ParameterAlreadyExists',
      `The parameter ${name} already exists. To give it a new value, set Overwrite to true.`,
    );
  }
  const type = old && input.Type === undefined ? old.type : textIn(input, 'Type');
  if (!TYPES.includes(type)) throw invalid(`Type must be one of ${TYPES.join(', ')}.`);
  if (input.KeyId !== undefined && type !== 'SecureString') {
    throw invalid('KeyId is only for SecureString parameters.');
  }
  // A pattern also applies to later values, until another pattern replaces it.
  const pattern = optionalTextIn(input, 'AllowedPattern') ?? old?.allowedPattern;
  const description = optionalTextIn(input, 'Description') ?? old?.description;
  const value = textIn(input, 'Value');
  requireFit(value, pattern);
  return {
    name,
    type,
    value,
    ...(pattern !== undefined && { allowedPattern: pattern }),
    ...(description !== undefined && { description }),
    ...((tags ?? old?.tags) && { tags: tags ?? old?.tags ?? [] }),
    version: (old?.version ?? 0) + 1,
    modifiedAt: now / 1000,
  };
}

/** @throws JsonError if AWS would refuse the name (docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html) */
function nameIn(input: JsonObject): string {
  const name = textIn(input, 'Name');
  if (!/^[\w.\-/]+$/.test(name)) {
    throw invalid('Name may only contain letters, digits and the characters . - _ /.');
  }
  if (/^\/aws\//i.test(name)) {
    throw new JsonError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  }
  if (/^\/?(aws|ssm)/i.test(name)) throw invalid('Name must not begin with "aws" or "ssm".');
  if (name.includes('/') && !name.startsWith('/')) {
    throw invalid('Name must begin with a slash if it has several levels.');
  }
  if (name.split('/').length - 1 > MAX_LEVELS) throw invalid(`Name must have at most ${MAX_LEVELS} levels.`);
  return name;
}

function tagsIn({ Tags: tags }: JsonObject): readonly Tag[] | undefined {
  if (tags === undefined) return undefined;
  if (Array.isArray(tags) && tags.every(isTag)) return tags;
  throw invalid('Tags must be a list of objects with Key and Value.');
}

function isTag(tag: unknown): tag is Tag {
  const { Key, Value } = (tag ?? {}) as Partial<Record<keyof Tag, unknown>>;
  return typeof Key === 'string' && Key !== '' && typeof Value === 'string';
}

function requireFit(value: string, pattern: string | undefined): void {
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw invalid(`A standard parameter has at most ${MAX_VALUE_BYTES} bytes.`);
  }
  if (pattern !== undefined && !fits(pattern, value)) {
    throw new JsonError(
      'ParameterPatternMismatchException',
      `The value does not fit the parameter's allowedPattern: ${pattern}`,
    );
  }
}

/**
 * The time limit for matching an allowed pattern, in milliseconds. A caller's regular expression must not block the whole embedded cloud.
 */
const PATTERN_MS = 200;

function fits(pattern: string, value: string): boolean {
  try {
    const code = 'new RegExp(pattern).test(value)';
    return runInNewContext(code, { pattern, value }, { timeout: PATTERN_MS }) as boolean;
  } catch (error) {
    const isSlow = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    const reason = isSlow ? 'takes too long' : 'is not a valid regular expression';
    throw new JsonError('InvalidAllowedPatternException', `The allowedPattern ${reason}: ${pattern}`);
  }
}

/** @throws JsonError if the member is absent, empty or not a string */
export function textIn(input: JsonObject, name: string): string {
  const value = optionalTextIn(input, name);
  if (value !== undefined && value !== '') return value;
  throw invalid(`${name} must be a non-empty string.`);
}

function optionalTextIn(input: JsonObject, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${name} must be a string.`);
}

export function invalid(message: string): JsonError {
  return new JsonError('ValidationException', message);
}
