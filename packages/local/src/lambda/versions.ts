import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createEndpointNames, type EndpointNames } from './endpoint-names.ts';
import { copyFolder, digestOfFolder } from './folder-snapshot.ts';
import type { FunctionConfiguration } from './function-configuration.ts';

/** An immutable snapshot of a function's code and configuration. */
export interface PublishedVersion {
  /** The version number. A function's version numbers start at `1`, increase, and are never reused. */
  readonly version: string;
  /** The configuration, with the paths of the snapshot's folders, and with this run's URLs in the environment variables. */
  readonly configuration: FunctionConfiguration;
  /** The code folder's SHA-256 digest, in hexadecimal. */
  readonly codeDigest: string;
  /** The time of publication, in ISO 8601 format. */
  readonly publishedAt: string;
}

/** The published versions of all functions, stored on disk. */
export interface Versions {
  /**
   * Publishes a function's code and configuration as its next version. If nothing has changed since the last version, returns that version,
   * as PublishVersion does (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html). A startup with an unchanged template therefore
   * publishes nothing. Versions contain neither reserved concurrency nor the debugger's port, because both
   * settings belong to the function.
   */
  publish(configuration: FunctionConfiguration): PublishedVersion;
  find(functionName: string, version: string): PublishedVersion | undefined;
  /** Returns a function's versions, oldest first. */
  list(functionName: string): PublishedVersion[];
  /** Returns a function's versions that were removed at startup because their code was missing. */
  lost(functionName: string): readonly string[];
  /** The names of the functions that have versions. */
  functionNames(): string[];
  /**
   * Removes a version or, without `version`, all of a function's versions. Keeps the code until {@link sweep}, because invocations may still use it.
   */
  forget(functionName: string, version?: string): void;
  /** Removes code that is no longer used by any version. */
  sweep(): void;
}

/** A version as it is stored. */
interface Stored {
  readonly version: string;
  readonly publishedAt: string;
  /** The name of the code's folder in `code`. */
  readonly code: string;
  readonly layers?: string;
  /** The settings, without folders. Names replace the embedded cloud's URLs. */
  readonly settings: Settings;
}

type Settings = Omit<
  FunctionConfiguration,
  'name' | 'version' | 'codeDir' | 'layersDir' | 'reservedConcurrency' | 'inspectPort'
>;

/**
 * Opens the versions that earlier runs published. `<dir>/versions/records.json` lists the versions, and `<dir>/versions/code` contains a
 * folder for each distinct bundle and layer, named by its digest. `<dir>/version-numbers.json` stores each function's last version
 * number, and is kept when the versions are removed.
 *
 * A snapshot's environment contains the embedded cloud's URLs, such as `AWS_ENDPOINT_URL` and queue URLs, and another run may
 * listen on other ports. Stored versions therefore contain the URLs' names as placeholders, which are replaced by this run's URLs when a version is
 * read.
 *
 * @param endpoints the embedded cloud's URLs, keyed by name
 * @throws a one-line Error if a file is corrupt
 */
export function openVersions(dir: string, endpoints: Readonly<Record<string, string>>): Versions {
  const folder = path.join(dir, 'versions');
  const codeDir = path.join(folder, 'code');
  const recordsFile = path.join(folder, 'records.json');
  const numbersFile = path.join(dir, 'version-numbers.json');
  const names = createEndpointNames(endpoints);
  mkdirSync(codeDir, { recursive: true });
  const records = new Map(Object.entries(readJson<Record<string, Stored[]>>(recordsFile)));
  const numbers = new Map(Object.entries(readJson<Record<string, number>>(numbersFile)));

  const folderOf = (digest: string): string => path.join(codeDir, digest);

  /** Stores a copy of a folder. @returns the name of the copy */
  function keep(original: string): string {
    const digest = digestOfFolder(original);
    if (existsSync(folderOf(digest))) return digest;
    // Copies to a temporary folder, and renames it only once the copy is complete.
    const unfinished = mkdtempSync(`${folderOf(digest)}-`);
    copyFolder(original, unfinished);
    renameSync(unfinished, folderOf(digest));
    return digest;
  }

  function sweep(): void {
    const used = new Set([...records.values()].flat().flatMap(({ code, layers = code }) => [code, layers]));
    for (const name of readdirSync(codeDir))
      if (!used.has(name)) rmSync(path.join(codeDir, name), { recursive: true, force: true });
  }

  function setRecords(functionName: string, versions: readonly Stored[]): void {
    if (versions.length === 0) records.delete(functionName);
    else records.set(functionName, [...versions]);
    writeJson(recordsFile, Object.fromEntries(records));
  }

  function read(functionName: string, stored: Stored): PublishedVersion {
    const { version, publishedAt, code, layers, settings } = stored;
    return {
      version,
      publishedAt,
      codeDigest: code,
      configuration: {
        ...settings,
        name: functionName,
        version,
        codeDir: folderOf(code),
        ...(layers !== undefined && { layersDir: folderOf(layers) }),
        environment: names.toEndpoints(settings.environment),
      },
    };
  }

  const lost = new Map<string, readonly string[]>();
  for (const [functionName, versions] of records) {
    const isThere = ({ code, layers = code }: Stored) =>
      existsSync(folderOf(code)) && existsSync(folderOf(layers));
    const gone = versions.filter((stored) => !isThere(stored));
    if (gone.length === 0) continue;
    lost.set(
      functionName,
      gone.map(({ version }) => version),
    );
    setRecords(functionName, versions.filter(isThere));
  }
  sweep();

  return {
    publish(configuration) {
      const { name, layersDir } = configuration;
      const code = keep(configuration.codeDir);
      const content = {
        code,
        ...(layersDir !== undefined && { layers: keep(layersDir) }),
        settings: settingsOf(configuration, names),
      };
      const versions = records.get(name) ?? [];
      const last = versions.at(-1);
      if (last && isDeepStrictEqual(contentOf(last), content)) return read(name, last);
      const number = (numbers.get(name) ?? 0) + 1;
      numbers.set(name, number);
      writeJson(numbersFile, Object.fromEntries(numbers));
      const stored = { version: String(number), publishedAt: new Date().toISOString(), ...content };
      setRecords(name, [...versions, stored]);
      return read(name, stored);
    },
    find(functionName, version) {
      const stored = records.get(functionName)?.find((each) => each.version === version);
      return stored && read(functionName, stored);
    },
    list: (functionName) => (records.get(functionName) ?? []).map((stored) => read(functionName, stored)),
    lost: (functionName) => lost.get(functionName) ?? [],
    functionNames: () => [...records.keys()],
    forget(functionName, version) {
      const versions = records.get(functionName) ?? [];
      setRecords(
        functionName,
        version === undefined ? [] : versions.filter((stored) => stored.version !== version),
      );
    },
    sweep,
  };
}

function contentOf({ code, layers, settings }: Stored): Omit<Stored, 'version' | 'publishedAt'> {
  return { code, ...(layers !== undefined && { layers }), settings };
}

function settingsOf(configuration: FunctionConfiguration, names: EndpointNames): Settings {
  const { handler, runtime, timeoutSeconds, memorySize, environment } = configuration;
  const { logFormat, logLevel, logGroup, roleArn } = configuration;
  return {
    handler,
    timeoutSeconds,
    memorySize,
    environment: names.toNames(environment),
    ...(runtime !== undefined && { runtime }),
    ...(logFormat !== undefined && { logFormat }),
    ...(logLevel !== undefined && { logLevel }),
    ...(logGroup !== undefined && { logGroup }),
    ...(roleArn !== undefined && { roleArn }),
  };
}

function readJson<Content extends object>(file: string): Content {
  if (!existsSync(file)) return {} as Content;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch (error) {
    throw new Error(`${file} is damaged: delete it to start without the published versions in it.`, {
      cause: error,
    });
  }
}

function writeJson(file: string, content: object): void {
  // A rename is atomic: after a crash, either the old or the new file exists.
  writeFileSync(`${file}.new`, JSON.stringify(content, undefined, 2));
  renameSync(`${file}.new`, file);
}
