import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface Parameter {
  readonly name: string;
  /** `String`, `StringList` or `SecureString`. */
  readonly type: string;
  readonly value: string;
  /** A regular expression that every value must match. */
  readonly allowedPattern?: string;
  readonly description?: string;
  readonly tags?: readonly Tag[];
  /** The version number. The number starts at 1, and increases by 1 with each new value. */
  readonly version: number;
  /** The time of the last change, in seconds since the epoch. */
  readonly modifiedAt: number;
}

/** All parameters, stored in one file in the data folder. */
export interface ParameterStore {
  get(name: string): Parameter | undefined;
  set(parameter: Parameter): void;
  isEmpty(): boolean;
}

/**
 * Opens the parameters in `<dataDir>/ssm/parameters.json`. If the file is absent, there are no parameters yet.
 * @throws a one-line Error if the file is corrupt
 */
export function openParameterStore(dataDir: string): ParameterStore {
  const folder = join(dataDir, 'ssm');
  const path = join(folder, 'parameters.json');
  mkdirSync(folder, { recursive: true });
  const parameters = new Map(read(path).map((parameter) => [parameter.name, parameter]));
  return {
    isEmpty: () => parameters.size === 0,
    get: (name) => parameters.get(name),
    set(parameter) {
      parameters.set(parameter.name, parameter);
      // A rename is atomic: after a crash, either the old or the new file exists.
      writeFileSync(`${path}.new`, JSON.stringify([...parameters.values()], undefined, 2), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

function read(path: string): Parameter[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Parameter[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${path} is damaged; delete the data folder it is in to start afresh`, { cause: error });
  }
}
