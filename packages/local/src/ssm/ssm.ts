import { JsonError, serveJson, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { openParameterStore, type Parameter } from './parameter-store.ts';

export interface SsmOptions {
  /** The parameters are kept in its folder `ssm`, readable to their owner alone. */
  readonly dataDir: string;
  /** The region in the parameters' ARNs, by default us-east-1. */
  readonly region?: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: () => number;
}

const ACCOUNT = '000000000000';
const TYPES = ['String', 'StringList', 'SecureString'];

/** The longest value of a standard parameter, in bytes. */
const MAX_VALUE_BYTES = 4096;

/**
 * Starts the Parameter Store of Systems Manager with what a stack, its functions and its operator need of it: parameters
 * by name or ARN, their current value alone. Nothing is encrypted: SecureString differs in name only.
 * @throws Error of one line if the file of the parameters is damaged
 */
export function startSsm({
  dataDir,
  region = 'us-east-1',
  now = Date.now,
}: SsmOptions): AwsService & DataStore {
  const store = openParameterStore(dataDir);
  const arnPrefix = `arn:aws:ssm:${region}:${ACCOUNT}:parameter`;
  const arnOf = (name: string): string => arnPrefix + (name.startsWith('/') ? name : `/${name}`);

  /** An ARN gives a name only with its first slash, which the parameter may or may not have. */
  function find(id: string): Parameter | undefined {
    if (!id.startsWith(`${arnPrefix}/`)) return store.get(id);
    const name = id.slice(arnPrefix.length);
    return store.get(name) ?? store.get(name.slice(1));
  }

  function newVersion(input: JsonObject): Parameter {
    const name = textIn(input, 'Name');
    const before = store.get(name);
    if (before && input.Overwrite !== true) {
      throw new JsonError(
        'ParameterAlreadyExists',
        `The parameter ${name} already exists. To give it a new value, set Overwrite to true.`,
      );
    }
    const type = before && input.Type === undefined ? before.type : textIn(input, 'Type');
    if (!TYPES.includes(type)) throw invalid(`Type must be one of ${TYPES.join(', ')}.`);
    // A pattern outlives the values that are checked with it, until another is given.
    const pattern = input.AllowedPattern === undefined ? before?.allowedPattern : input.AllowedPattern;
    const value = textIn(input, 'Value');
    requireFit(value, pattern);
    return {
      name,
      type,
      value,
      ...(typeof pattern === 'string' && { allowedPattern: pattern }),
      version: (before?.version ?? 0) + 1,
      modifiedAt: now() / 1000,
    };
  }

  const handle = serveJson({
    title: 'Systems Manager',
    contentType: 'application/x-amz-json-1.1',
    operations: {
      PutParameter(input) {
        const parameter = newVersion(input);
        store.set(parameter);
        return { Version: parameter.version, Tier: 'Standard' };
      },

      GetParameter(input) {
        const id = textIn(input, 'Name');
        const parameter = find(id);
        if (!parameter) throw new JsonError('ParameterNotFound', `There is no parameter ${id}.`);
        const { name, type, value, version, modifiedAt } = parameter;
        return {
          Parameter: {
            Name: name,
            Type: type,
            Value: value,
            Version: version,
            LastModifiedDate: modifiedAt,
            ARN: arnOf(name),
            DataType: 'text',
          },
        };
      },
    },
  });

  return {
    name: 'ssm',
    handle,
    folder: 'ssm',
    isEmpty: () => store.isEmpty(),
    end: () => Promise.resolve(),
  };
}

function requireFit(value: string, pattern: unknown): void {
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    throw invalid(`A standard parameter has at most ${MAX_VALUE_BYTES} bytes.`);
  }
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value)) {
    throw new JsonError(
      'ParameterPatternMismatchException',
      `The value does not fit the parameter's allowedPattern: ${pattern}`,
    );
  }
}

function textIn(input: JsonObject, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${name} must be a text that is not empty.`);
}

function invalid(message: string): JsonError {
  return new JsonError('ValidationException', message);
}
