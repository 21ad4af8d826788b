import type { Difference } from './contract.ts';
import { ACCEPTED } from './world.ts';

const LIST_ELEMENTS = 'several elements of a list are removed by their positions before the update';
const LABELS = 'a new value with other labels than AWSCURRENT leaves the current value, and takes the labels';
const PREVIOUS = 'a version that is no longer current has only the label AWSPREVIOUS';
const WITHOUT_VALUE = 'a secret that was created without a value has no version until it is given one';
const SECRET_NAME = 'a name with other characters is refused';
const SECRET_SIZE = 'a value has at most 65,536 bytes';
const PARAMETER_NAME =
  'a name that begins with aws or ssm, has several levels without a leading slash or another character is refused';

/** Descriptions of AWS's behavior in cases where several targets differ from AWS. */
const AWS = {
  listElements: 'Paths name the elements before the update.',
  labels: 'A label belongs to one version. Only versions with labels are described.',
  previous:
    'The version that loses AWSCURRENT has only the label AWSPREVIOUS, and older versions are not described.',
  withoutValue: 'There is no version, and reading it is a ResourceNotFoundException, 400.',
  validation: 'ValidationException, 400.',
};

/**
 * All DynamoDB, Secrets Manager and Systems Manager cases in which MiniStack 1.5.33 or moto 5.2.5 differs from AWS, except for the
 * cases in differences.ts.
 */
export const storeDifferences: readonly Difference[] = [
  {
    target: 'ministack',
    protocol: 'dynamodb',
    case: LIST_ELEMENTS,
    does: { first: ['b', 'd'], mixed: ['B', 'c', 'x'] },
    says: 'Renumbers the elements after each removal.',
    aws: AWS.listElements,
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: LABELS,
    does: { pending: 'second', stages: [['AWSCURRENT'], ['AWSPENDING'], ['AWSPENDING']] },
    says: 'Leaves the label on both versions.',
    aws: AWS.labels,
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: PREVIOUS,
    does: { second: ['AWSCURRENT'] },
    says: 'Drops AWSPENDING if AWSCURRENT is set too.',
    aws: 'Both labels are attached.',
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: 'a value that is put twice with a token is written once, and another value with the token is refused',
    does: { thrown: 'ResourceNotFoundException', repeated: undefined, other: undefined, values: undefined },
    says: 'Writes again, and loses the previous version.',
    aws: 'A repeated write is ignored; a token with another value is a ResourceExistsException.',
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: 'a secret that is created twice with a token is created once',
    does: { thrown: 'ResourceExistsException', sameArn: undefined, other: undefined },
    says: 'Refuses the repeated call.',
    aws: 'A repeated call is ignored.',
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: WITHOUT_VALUE,
    does: { versions: 1, read: ACCEPTED },
    says: 'Creates a version without a value.',
    aws: AWS.withoutValue,
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: SECRET_NAME,
    does: { name: ACCEPTED, id: ACCEPTED },
    says: 'Accepts a name with a space.',
    aws: AWS.validation,
  },
  {
    target: 'ministack',
    protocol: 'secretsmanager',
    case: SECRET_SIZE,
    does: { larger: ACCEPTED },
    says: 'Accepts 65,537 bytes.',
    aws: AWS.validation,
  },
  {
    target: 'ministack',
    protocol: 'ssm',
    case: PARAMETER_NAME,
    does: { relative: ACCEPTED, character: ACCEPTED },
    says: 'Accepts several levels without a leading slash, and a space.',
    aws: AWS.validation,
  },
  {
    target: 'moto',
    protocol: 'dynamodb',
    case: LIST_ELEMENTS,
    does: { mixed: ['b', 'B', 'x'] },
    says: 'Sets an element after removing others.',
    aws: AWS.listElements,
  },
  {
    target: 'moto',
    protocol: 'dynamodb',
    case: 'an index key is not empty',
    does: { set: ACCEPTED, count: 1 },
    says: 'Accepts an empty key from an expression.',
    aws: AWS.validation,
  },
  {
    target: 'moto',
    protocol: 'dynamodb',
    case: 'a key has at most 2,048 bytes of UTF-8',
    does: { get: ACCEPTED },
    says: 'Reads a key of any length.',
    aws: AWS.validation,
  },
  {
    target: 'moto',
    protocol: 'secretsmanager',
    case: LABELS,
    does: { stages: [[], ['AWSCURRENT'], ['AWSPENDING']] },
    says: 'Describes the version without a label.',
    aws: AWS.labels,
  },
  {
    target: 'moto',
    protocol: 'secretsmanager',
    case: PREVIOUS,
    does: { stages: [[], ['AWSCURRENT'], ['AWSPREVIOUS']] },
    says: 'Describes the version without a label.',
    aws: AWS.previous,
  },
  {
    target: 'moto',
    protocol: 'secretsmanager',
    case: WITHOUT_VALUE,
    does: { read: { error: 'ResourceNotFoundException', status: 404 } },
    says: 'Responds with 404.',
    aws: AWS.withoutValue,
  },
  {
    target: 'moto',
    protocol: 'secretsmanager',
    case: SECRET_NAME,
    does: { name: ACCEPTED, id: ACCEPTED },
    says: 'Accepts a name with a space.',
    aws: AWS.validation,
  },
  {
    target: 'moto',
    protocol: 'secretsmanager',
    case: SECRET_SIZE,
    does: { larger: ACCEPTED },
    says: 'Accepts 65,537 bytes.',
    aws: AWS.validation,
  },
  {
    target: 'moto',
    protocol: 'ssm',
    case: 'a SecureString’s value is read only with decryption',
    does: { encrypted: { type: 'SecureString', isClear: true, isEmpty: false } },
    says: 'Shows the value after the key’s id.',
    aws: 'Without decryption the value is the ciphertext.',
  },
  {
    target: 'moto',
    protocol: 'ssm',
    case: PARAMETER_NAME,
    does: { relative: ACCEPTED, character: ACCEPTED },
    says: 'Accepts several levels without a leading slash, and a space.',
    aws: AWS.validation,
  },
];
