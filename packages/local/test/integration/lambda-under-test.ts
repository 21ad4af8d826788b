import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FunctionConfiguration } from '../../src/lambda/function-configuration.ts';
import { startLambda, type Lambda, type LambdaOptions } from '../../src/lambda/lambda.ts';

/** An embedded Lambda. The test defines the functions from their source code. */
export interface LambdaUnderTest {
  readonly lambda: Lambda;
  /** The folder that contains the functions' folders and Lambda's own folder. */
  readonly dir: string;
  /** Creates a function from its `index.mjs` source, and returns the function's name. */
  define(source: string, settings?: Partial<FunctionConfiguration> & { file?: string }): Promise<string>;
  /** Invokes a function, and returns its parsed response. */
  call(functionName: string, event?: unknown): Promise<{ functionError?: string; value: unknown }>;
  /** Resolves with any function's first log line that contains the string, including lines that have already been written. */
  logged(text: string): Promise<string>;
  end(): Promise<void>;
}

export async function lambdaUnderTest(options: Partial<LambdaOptions> = {}): Promise<LambdaUnderTest> {
  const dir = await mkdtemp(path.join(tmpdir(), 'errand-lambda-'));
  const lines: string[] = [];
  const written = new EventEmitter();
  const lambda = await startLambda({
    dataDir: path.join(dir, 'data'),
    log(_functionName, line) {
      lines.push(line);
      written.emit('line');
    },
    ...options,
  });
  let defined = 0;

  return {
    lambda,
    dir,
    async define(source, { file = 'index.mjs', ...settings } = {}) {
      defined += 1;
      const name = settings.name ?? `function-${defined}`;
      const codeDir = path.join(dir, name);
      await mkdir(codeDir);
      await writeFile(path.join(codeDir, file), source);
      lambda.createFunction({
        name,
        codeDir,
        handler: 'index.handler',
        timeoutSeconds: 10,
        memorySize: 128,
        environment: {},
        ...settings,
      });
      return name;
    },
    async call(functionName, event = {}) {
      const result = await lambda.invoke(functionName, JSON.stringify(event));
      if (result.throttled) throw new Error(`throttled: ${result.reason}`);
      const value: unknown = JSON.parse(result.payload.toString());
      return { value, ...(result.functionError && { functionError: result.functionError }) };
    },
    async logged(text) {
      for (;;) {
        const line = lines.find((each) => each.includes(text));
        if (line !== undefined) return line;
        await new Promise((resolve) => written.once('line', resolve));
      }
    },
    async end() {
      await lambda.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Whether a process with this ID exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
