import { randomInt } from 'node:crypto';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';

/** Secrets Manager's default password length, and the maximum that its API accepts. */
const DEFAULT_LENGTH = 32;
const MAX_LENGTH = 4096;

/** A password's character types, each of which a request can exclude. */
const CLASSES: readonly { characters: string; excludedBy: string }[] = [
  { characters: 'abcdefghijklmnopqrstuvwxyz', excludedBy: 'ExcludeLowercase' },
  { characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', excludedBy: 'ExcludeUppercase' },
  { characters: '0123456789', excludedBy: 'ExcludeNumbers' },
  { characters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', excludedBy: 'ExcludePunctuation' },
];

/** The request members that configure a random password. */
export const RANDOM_PASSWORD_MEMBERS = [
  'PasswordLength',
  'ExcludeCharacters',
  ...CLASSES.map(({ excludedBy }) => excludedBy),
  'IncludeSpace',
  'RequireEachIncludedType',
];

/**
 * Generates a random password, like `GetRandomPassword` and CloudFormation's `GenerateSecretString`. Both use the same option names.
 * @throws JsonError if no password can satisfy the options
 */
export function randomPassword(options: JsonObject): string {
  const length = Number(options.PasswordLength ?? DEFAULT_LENGTH);
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    throw invalid(`PasswordLength must be a whole number from 1 to ${MAX_LENGTH}.`);
  }
  const excluded = typeof options.ExcludeCharacters === 'string' ? options.ExcludeCharacters : '';
  const classes = CLASSES.filter(({ excludedBy }) => !isTrue(options[excludedBy]))
    .map(({ characters }) => characters)
    .concat(isTrue(options.IncludeSpace) ? [' '] : [])
    .map((characters) => characters.split('').filter((character) => !excluded.includes(character)))
    .filter((characters) => characters.length > 0);
  const all = classes.flat();
  if (all.length === 0) throw invalid('The options exclude every character.');

  const isEachRequired =
    options.RequireEachIncludedType === undefined || isTrue(options.RequireEachIncludedType);
  const required = isEachRequired ? classes.map(pick) : [];
  if (required.length > length) throw invalid('PasswordLength has no room for a character of each type.');
  return shuffle([...required, ...Array.from({ length: length - required.length }, () => pick(all))]).join(
    '',
  );
}

/** Whether a boolean option is true. The value may be a string, because CloudFormation passes booleans on exactly as the template spells them. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)] ?? '';
}

function shuffle(characters: string[]): string[] {
  return characters
    .map((character) => ({ character, place: randomInt(2 ** 47) }))
    .sort((a, b) => a.place - b.place)
    .map(({ character }) => character);
}

function invalid(message: string): JsonError {
  return new JsonError('InvalidParameterException', message);
}
