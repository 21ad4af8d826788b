import { createHash } from 'node:crypto';
import { JsonError, serveJson } from '../aws-endpoint/json-protocol.ts';
import { refusingUnknownMembers } from '../aws-endpoint/known-members.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { invalid, PUT_MEMBERS, readParameter, textIn } from './parameter-input.ts';
import { openParameterStore, type Parameter } from './parameter-store.ts';

export interface SsmOptions {
  /** The data folder. Parameters are kept in its `ssm` subfolder, which only the owner can read. */
  readonly dataDir: string;
  /** The region in the parameters' ARNs. Defaults to us-east-1. */
  readonly region?: string;
  /** Returns the current time, in milliseconds since the epoch. */
  readonly now?: () => number;
}

const ACCOUNT = '000000000000';
/**
 * Starts Systems Manager's Parameter Store, with only the features that a stack, its functions and its operator need. Only a parameter's current
 * value can be read, by name or ARN. Values are stored unencrypted, but a SecureString's value is returned only with `WithDecryption`.
 * @throws a one-line Error if the parameter file is corrupt
 */
export function startSsm({
  dataDir,
  region = 'us-east-1',
  now = Date.now,
}: SsmOptions): AwsService & DataStore {
  const store = openParameterStore(dataDir);
  const arnPrefix = `arn:aws:ssm:${region}:${ACCOUNT}:parameter`;
  const arnOf = (name: string): string => arnPrefix + (name.startsWith('/') ? name : `/${name}`);

  /** Finds a parameter by name or ARN. An ARN does not show whether the name begins with a slash, so both names are tried. */
  function find(id: string): Parameter | undefined {
    if (!id.startsWith(`${arnPrefix}/`)) return store.get(id);
    const name = id.slice(arnPrefix.length);
    return store.get(name) ?? store.get(name.slice(1));
  }

  const handle = serveJson({
    title: 'Systems Manager',
    contentType: 'application/x-amz-json-1.1',
    operations: refusingUnknownMembers('Parameter Store', {
      PutParameter: {
        members: PUT_MEMBERS,
        run(input) {
          const parameter = readParameter(input, { before: (name) => store.get(name), now: now() });
          store.set(parameter);
          return { Version: parameter.version, Tier: 'Standard' };
        },
      },

      GetParameter: {
        members: ['Name', 'WithDecryption'],
        run(input) {
          const id = textIn(input, 'Name');
          refuseSelector(id);
          const parameter = find(id);
          if (!parameter) throw new JsonError('ParameterNotFound', `There is no parameter ${id}.`);
          const { name, type, value, version, modifiedAt } = parameter;
          const isReadable = type !== 'SecureString' || input.WithDecryption === true;
          return {
            Parameter: {
              Name: name,
              Type: type,
              Value: isReadable ? value : ciphertextOf(parameter),
              Version: version,
              LastModifiedDate: modifiedAt,
              ARN: arnOf(name),
              DataType: 'text',
            },
          };
        },
      },
    }),
  });

  return {
    name: 'ssm',
    handle,
    folder: 'ssm',
    isEmpty: () => store.isEmpty(),
    end: () => Promise.resolve(),
  };
}

/**
 * Returns a fake ciphertext for reading a SecureString without decryption. The result is base64, does not contain the real value, and is the
 * same each time a version is read.
 */
function ciphertextOf({ name, version, modifiedAt }: Parameter): string {
  return createHash('sha512').update(`${name}:${version}:${modifiedAt}`).digest('base64');
}

/** @throws JsonError for a version or a label after the name, such as `name:3` */
function refuseSelector(id: string): void {
  const selector = /:[^:/]*$/.exec(id)?.[0];
  if (selector === undefined) return;
  const resource = id.indexOf('parameter/');
  if (id.startsWith('arn:') && (resource < 0 || !id.includes(':', resource))) return;
  throw invalid(`The embedded Parameter Store keeps only the current version: leave out ${selector}.`);
}
