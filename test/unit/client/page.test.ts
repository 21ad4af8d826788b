import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(ROOT, 'docs/client.md'), 'utf8');

/** The page's blocks of code, by the name of the file that the first line of each has. */
const blocks = new Map(
  [...page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [name, code]),
);

/** The compiler's errors in the blocks, in the project of a user with a bundler. */
function compile(): string[] {
  const folder = path.join(import.meta.dirname, 'page');
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['errand-source'],
    allowImportingTsExtensions: true,
    types: ['node'],
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  };
  const disk = ts.createCompilerHost(options);
  const blockAt = (file: string): string | undefined =>
    path.dirname(file) === folder ? blocks.get(path.basename(file)) : undefined;
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => blockAt(file) !== undefined || disk.fileExists(file),
    readFile: (file) => blockAt(file) ?? disk.readFile(file),
    directoryExists: (name) => name === folder || (disk.directoryExists?.(name) ?? false),
    getSourceFile(file, target, ...rest) {
      const code = blockAt(file);
      if (code === undefined) return disk.getSourceFile(file, target, ...rest);
      return ts.createSourceFile(file, code, target);
    },
  };
  const files = [...blocks.keys()].map((name) => path.join(folder, name));
  const program = ts.createProgram(files, options, host);
  return files.flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(
        ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      ),
  );
}

describe('the code in docs/client.md', () => {
  it('compiles', () => {
    expect([...page.matchAll(/^```ts$/gm)]).toHaveLength(blocks.size);
    expect(blocks.size).toBeGreaterThan(8);
    expect(compile()).toEqual([]);
    // It reads the types of the CDK.
  }, 180_000);

  it('signs requests as test/embedded/signed-requests.test.ts does', () => {
    const file = path.join(ROOT, 'test/embedded/functions/signed-fetch.ts');
    expect(blocks.get('signed-fetch.ts')).toBe(readFileSync(file, 'utf8'));
  });
});
