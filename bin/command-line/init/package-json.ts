import { InvalidArgumentError } from 'commander';

/** The parts of a package.json that `errand init` reads or writes. */
export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The oldest Node major version that supports `errand dev`, which a new project's `dev` script runs. */
export const LEAST_NODE = 24;

const SCRIPTS = {
  dev: 'errand dev',
  test: 'node --test',
  types: 'tsc',
  synth: 'cdk synth',
  deploy: 'cdk deploy',
};

/** The test script that `npm init` writes. The script always fails, so `errand init` can safely replace it. */
const NO_TEST = 'echo "Error: no test specified" && exit 1';

/**
 * Adds the entries that jobs need to a project's package.json. Keeps existing entries.
 *
 * @param existing the project's package.json; undefined if it has none
 * @param errand Errand's own package.json, whose dependency versions have been tested together
 * @param folderName used as the name of a new project
 * @returns the package.json, and the entries that were added
 * @throws InvalidArgumentError for a CommonJS project
 */
export function completePackageJson(
  existing: PackageJson | undefined,
  errand: PackageJson,
  folderName: string,
): { packageJson: PackageJson; added: string[] } {
  if (existing?.type !== undefined && existing.type !== 'module') {
    throw new InvalidArgumentError(
      `package.json has "type": "${existing.type}", but the files of errand init are ES modules: change it to "module", or name another folder`,
    );
  }
  const added: string[] = [];
  const complete = (
    field: 'scripts' | 'dependencies' | 'devDependencies',
    wanted: Readonly<Record<string, string>>,
    isThere: (name: string) => boolean,
  ): Pick<PackageJson, typeof field> => {
    const missing = Object.entries(wanted).filter(([name]) => !isThere(name));
    if (missing.length === 0) return {};
    added.push(`${field} ${missing.map(([name]) => name).join(', ')}`);
    return { [field]: { ...existing?.[field], ...Object.fromEntries(missing) } };
  };
  const isInstalled = (name: string): boolean => dependenciesOf(existing).has(name);
  const type = existing?.type === undefined ? { type: 'module' } : {};
  if ('type' in type) added.push('type module');
  const packageJson = {
    ...(!existing && {
      name: packageName(folderName),
      private: true,
      engines: { node: `>=${LEAST_NODE}` },
    }),
    ...existing,
    ...type,
    ...complete('scripts', SCRIPTS, (name) => {
      const script = existing?.scripts?.[name];
      return script !== undefined && script !== NO_TEST;
    }),
    ...complete('dependencies', dependencies(errand), isInstalled),
    ...complete('devDependencies', devDependencies(errand), isInstalled),
  };
  return { packageJson, added };
}

function dependenciesOf(packageJson: PackageJson | undefined): ReadonlySet<string> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = packageJson ?? {};
  return new Set(
    [dependencies, devDependencies, optionalDependencies, peerDependencies].flatMap((group) =>
      Object.keys(group ?? {}),
    ),
  );
}

/** Returns the packages that jobs import, plus the client, for code that submits jobs. */
function dependencies(errand: PackageJson): Record<string, string> {
  const own = `^${errand.version ?? ''}`;
  return { errand: own, 'errand-client': own, zod: versionIn(errand, 'zod') };
}

/**
 * Returns the development dependencies. Errand's packages all have the same version; other packages get the version that Errand was tested
 * with.
 */
function devDependencies(errand: PackageJson): Record<string, string> {
  const tested = ['@types/node', 'aws-cdk', 'aws-cdk-lib', 'constructs', 'typescript'];
  return {
    ...Object.fromEntries(tested.map((name) => [name, versionIn(errand, name)])),
    'errand-local': `^${errand.version ?? ''}`,
  };
}

function versionIn({ peerDependencies, devDependencies }: PackageJson, name: string): string {
  const version = peerDependencies?.[name] ?? devDependencies?.[name];
  if (version === undefined) throw new Error(`errand's package.json has no version of ${name}.`);
  return version;
}

/** Converts a folder's name to a valid npm package name. */
function packageName(folderName: string): string {
  const name = folderName
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|-+$/g, '');
  return name === '' ? 'jobs' : name;
}
