import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const PROJECT = path.resolve(import.meta.dirname, '../../..');
/** Pages whose TypeScript must compile in a user's project. */
const PAGES = ['docs/how-to/run-your-own-cdk-app.md', 'docs/job-types.md'];

/** Each block of a page, as a module beside the page. */
function blocksOf(page: string): Map<string, string> {
  const text = readFileSync(path.join(PROJECT, page), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  return new Map(blocks.map((code, index) => [path.join(PROJECT, 'docs', `block-${index}.ts`), code]));
}

/** The compiler's errors, as `<block>: <message>`. */
function errorsIn(blocks: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(path.join(PROJECT, 'tsconfig.json'), (file) => readFileSync(file, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, PROJECT);
  const onDisk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...onDisk,
    fileExists: (file) => blocks.has(file) || onDisk.fileExists(file),
    readFile: (file) => blocks.get(file) ?? onDisk.readFile(file),
    getSourceFile(file, version, ...rest) {
      const code = blocks.get(file);
      return code === undefined
        ? onDisk.getSourceFile(file, version, ...rest)
        : ts.createSourceFile(file, code, version);
    },
  };
  const program = ts.createProgram([...blocks.keys()], options, host);
  return [...blocks.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
}

describe('the TypeScript of the documentation', () => {
  it.each(PAGES)('compiles: %s', (page) => {
    const blocks = blocksOf(page);
    expect(blocks.size).toBeGreaterThan(0);
    expect(errorsIn(blocks)).toEqual([]);
  });

  it('would be found wrong', () => {
    const file = path.join(PROJECT, 'docs/block-0.ts');
    const code = "import { job } from 'errand/jobs';\nexport const wrong = job('wrong', { run: () => 1 });\n";
    expect(errorsIn(new Map([[file, code]]))).toEqual([expect.stringContaining("'payload' is missing")]);
  });
});
