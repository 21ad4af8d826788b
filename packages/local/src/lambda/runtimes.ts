import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The part of a function's configuration that a runtime needs. */
interface RunnableFunction {
  readonly runtime?: string;
  readonly codeDir: string;
  readonly handler: string;
  readonly memorySize: number;
  readonly layersDir?: string | undefined;
  /** The port that a debugger can attach to. */
  readonly inspectPort?: number | undefined;
}

/** How to start the processes that run one language's functions. The processes use Lambda's Runtime API. */
export interface LambdaRuntime {
  /** The value of `AWS_EXECUTION_ENV`, such as `AWS_Lambda_nodejs24.x`. */
  readonly executionEnvironment: string;
  /** Returns the files that may contain the function's handler. The list is empty if the handler's name is malformed. */
  handlerFiles(configuration: RunnableFunction): string[];
  /** Returns the executable and its arguments. */
  command(configuration: RunnableFunction, host: RuntimeHost): readonly [string, ...string[]];
}

/** The part of the sandbox host that a runtime needs. */
interface RuntimeHost {
  /** The token in the command line that marks the process as a sandbox. */
  readonly token: string;
  readonly compileCacheDir: string;
  /** The folders to search for AWS SDK packages that a function does not bundle. */
  readonly sdkFolders: readonly string[];
}

/** The supported runtimes, for error messages. */
export const KNOWN_RUNTIMES = 'nodejs and python3, such as nodejs24.x and python3.13';

/** Whether the embedded Lambda supports this runtime. */
export function isKnownRuntime(runtime: string): boolean {
  return /^(nodejs\d+\.x|python3\.\d+)$/.test(runtime);
}

/** @throws Error if an executable that the runtime needs is missing */
export function runtimeOf({ runtime }: Pick<RunnableFunction, 'runtime'>): LambdaRuntime {
  return runtime?.startsWith('python') ? pythonRuntime(runtime) : node;
}

const node: LambdaRuntime = {
  executionEnvironment: `AWS_Lambda_nodejs${process.versions.node.split('.')[0] ?? ''}.x`,
  handlerFiles({ codeDir, handler }) {
    const module = path.join(codeDir, handler.slice(0, handler.lastIndexOf('.')));
    return ['.js', '.mjs', '.cjs'].map((extension) => module + extension);
  },
  command: ({ memorySize, layersDir, inspectPort }, { token, compileCacheDir, sdkFolders }) => [
    process.execPath,
    // As in AWS, V8's old generation gets nine tenths of the function's memory.
    `--max-old-space-size=${Math.floor(memorySize * 0.9)}`,
    // A laptop runs tens of sandboxes on a few cores. V8 therefore needs only one helper thread in each sandbox, and the garbage collector
    // needs none. Together with a small young generation, these limits reduce an idle sandbox's private memory by a quarter, from 34 MB to
    // 26 MB. `--single-threaded` would not save more memory, and a cold start would take a third more CPU time: 0.115 s instead of 0.085 s.
    '--single-threaded-gc',
    '--v8-pool-size=1',
    // With a small young generation, the garbage collector also frees the buffers of a streamed body earlier. Streaming 1 GB then takes 50
    // MB less memory.
    '--max-semi-space-size=1',
    ...(inspectPort === undefined
      ? []
      : [`--inspect=127.0.0.1:${inspectPort}`, '--inspect-publish-uid=http']),
    path.join(import.meta.dirname, 'bootstrap.mjs'),
    token,
    compileCacheDir,
    JSON.stringify({ layersDir: layersDir ?? null, sdkFolders }),
  ],
};

function pythonRuntime(runtime: string): LambdaRuntime {
  return {
    executionEnvironment: `AWS_Lambda_${runtime}`,
    handlerFiles({ codeDir, handler }) {
      const module = path.join(codeDir, handler.slice(0, handler.lastIndexOf('.')).replaceAll('.', '/'));
      return [`${module}.py`, path.join(module, '__init__.py')];
    },
    command: (_configuration, { token }) => [
      findPython(runtime).executable,
      // As in AWS, Python ignores this machine's packages and Python environment variables, and does not write to the code folder.
      ...['-I', '-S', '-B', '-u'],
      path.join(import.meta.dirname, 'bootstrap.py'),
      token,
    ],
  };
}

interface Python {
  readonly executable: string;
  /** The Python version, such as `3.13`. */
  readonly version: string;
}

let python: Python | undefined;

/** @throws Error if this machine has no Python 3 */
function findPython(runtime: string): Python {
  return (python ??= askPython(runtime));
}

function askPython(runtime: string): Python {
  const ask = 'import sys; print(sys.executable, "%d.%d" % sys.version_info[:2], sep="\\n")';
  const { stdout, status } = spawnSync('python3', ['-I', '-S', '-c', ask], { encoding: 'utf8' });
  const [executable = '', version = ''] = status === 0 ? stdout.trim().split('\n') : [];
  if (executable !== '') return { executable, version };
  throw new Error(`the runtime ${runtime} needs python3, which this machine cannot run: install Python 3`);
}

/**
 * Describes how this machine's version of a runtime differs from AWS's. Returns undefined if the versions match.
 */
export function otherVersion({ runtime }: Pick<RunnableFunction, 'runtime'>): string | undefined {
  if (!runtime?.startsWith('python')) return undefined;
  const { version } = findPython(runtime);
  return runtime === `python${version}`
    ? undefined
    : `runs on this machine's Python ${version} in place of ${runtime}`;
}

/** Whether a function's code contains its handler. */
export function hasHandler(configuration: RunnableFunction): boolean {
  return runtimeOf(configuration)
    .handlerFiles(configuration)
    .some((file) => existsSync(file));
}
