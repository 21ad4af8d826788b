import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { PROJECT } from '../../helpers/stack.ts';

// The compiler and the linter need 20 s of CPU time, so these tests run only with `npm run test:snippets`.

/** The pages with TypeScript code. The code must compile in a user's project and pass the linter. */
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: PROJECT })]
  .filter((page) => /^```ts$/m.test(readFileSync(path.join(PROJECT, page), 'utf8')))
  .sort();

/** Code blocks with errors. The check must find the errors. */
const WRONG = {
  'wrong-type': "import { job } from 'errand/jobs';\nexport const wrong = job('wrong', { run: () => 1 });\n",
  unawaited: 'const work = async () => Promise.resolve();\nwork();\n',
};

let folder: string;
/**
 * The errors in all pages, as `<page>/<file>: <message>`. All pages are checked together, because the compiler and the linter start slowly.
 */
let typeErrors: string[];
let lintErrors: string[];

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'errand-snippets-'));
  symlinkSync(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'));
  const { exports } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
    exports: Record<string, { 'errand-source': string }>;
  };
  const paths = Object.entries(exports).map(([name, entry]) => [
    name.replace(/^\./, 'errand'),
    [path.join(PROJECT, entry['errand-source'])],
  ]);
  const config = {
    extends: path.join(PROJECT, 'tsconfig.json'),
    compilerOptions: {
      paths: Object.fromEntries(paths) as unknown,
      typeRoots: [path.join(PROJECT, 'node_modules/@types')],
    },
    include: ['.'],
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));

  const files = PAGES.flatMap((page) => writeBlocks(page, readFileSync(path.join(PROJECT, page), 'utf8')));
  for (const [page, code] of Object.entries(WRONG)) {
    files.push(...writeBlocks(page, `\`\`\`ts\n${code}\`\`\`\n`));
  }
  typeErrors = typeErrorsIn(files);
  lintErrors = lintErrorsIn(files);
}, 180_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Writes each of a page's code blocks as a module. If a block begins with a path, such as `// jobs/index.ts`, the module gets that path, so that
 * other blocks can import it.
 *
 * @returns the files; each page has at least one
 */
function writeBlocks(page: string, text: string): string[] {
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  if (blocks.length === 0) throw new Error(`${page} has no TypeScript.`);
  return blocks.map((code, index) => {
    const [, name = `block-${index}.ts`] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
    const file = path.join(folder, page, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, code, { flag: 'wx' });
    return file;
  });
}

function typeErrorsIn(files: readonly string[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(folder, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic({ messageText }) {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
      },
    },
  );
  const program = ts.createProgram(files, config?.options ?? {});
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) =>
        `${path.relative(folder, file)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  });
}

/** Returns the linter's errors under this repository's rules. */
function lintErrorsIn(files: readonly string[]): string[] {
  const eslint = path.join(PROJECT, 'node_modules/eslint/bin/eslint.js');
  const project = `project:${path.join(folder, 'tsconfig.json')}`;
  const config = path.join(PROJECT, 'eslint.config.js');
  const words = [eslint, '--config', config, '--parser-options', project, '--format', 'json', ...files];
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  if (!stdout.startsWith('[')) throw new Error(stdout + stderr);
  const results = JSON.parse(stdout) as { filePath: string; messages: { message: string }[] }[];
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ message }) => `${path.relative(folder, filePath)}: ${message}`),
  );
}

describe('the TypeScript of the documentation', () => {
  it.each(PAGES)('compiles and passes the linter: %s', (page) => {
    const ofPage = (error: string): boolean => error.startsWith(`${page}/`);
    expect([...typeErrors.filter(ofPage), ...lintErrors.filter(ofPage)]).toEqual([]);
  });

  it('fails the check if it has errors', () => {
    expect(typeErrors).toEqual([expect.stringMatching(/^wrong-type.*'payload' is missing/s)]);
    expect(lintErrors.filter((error) => error.startsWith('unawaited'))).toEqual([
      expect.stringContaining('Promises must be awaited'),
    ]);
  });
});
