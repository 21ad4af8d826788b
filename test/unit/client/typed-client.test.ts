import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The errors of the TypeScript compiler in one source of `test/unit/client/sources/`, as `line: message`. */
function compile(file: string): string[] {
  const config: unknown = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (name) =>
    ts.sys.readFile(name),
  ).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram([path.join(import.meta.dirname, 'sources', file)], options);
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start, messageText }) => {
    const line = source && start !== undefined ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${path.basename(source?.fileName ?? '')}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('the types of the client', () => {
  it('take what the jobs of a module take, and refuse everything else', () => {
    expect(compile('typed-client.ts')).toEqual([]);
  });
});
