import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The prefix of the relative URLs in the page. The prefix is needed because the page is served at `/console`, without a trailing slash. */
const FILES = 'console/';

/** Warnings to ignore. TanStack's packages mark modules for React Server Components, and import a function that exists only in React 19. */
const EXPECTED: ReadonlySet<string> = new Set(['MODULE_LEVEL_DIRECTIVE', 'IMPORT_IS_UNDEFINED']);

/**
 * Writes the console's page and its files into the `documents/console` folder next to the api's bundle. The files are gzipped, and their
 * names contain a hash of the content.
 *
 * @returns the files that went into the console, relative to the project's root
 */
export async function buildConsole(outputDir: string): Promise<string[]> {
  const folder = path.join(outputDir, 'documents/console');
  mkdirSync(path.join(folder, 'files'), { recursive: true });
  const { output } = (await build({
    root: path.join(PROJECT, 'packages/console'),
    configFile: false,
    base: './',
    // Imports the client from its source, so that the client does not have to be built first.
    resolve: { conditions: ['errand-source', 'module', 'browser', 'production'] },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      target: 'es2022',
      assetsDir: '',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        onLog(level, log, report) {
          if (!EXPECTED.has(log.code ?? '')) report(level, log);
        },
      },
    },
    logLevel: 'warn',
  })) as Rolldown.RolldownOutput;
  const inputs = new Set<string>();
  for (const file of output) {
    const content = file.type === 'chunk' ? file.code : file.source;
    if (file.type === 'chunk') {
      for (const id of file.moduleIds) inputs.add(path.relative(PROJECT, id));
    }
    const isPage = file.fileName === 'index.html';
    const name = isPage ? 'index.html' : `files/${file.fileName}`;
    const written = isPage ? String(content).replaceAll('"./', `"${FILES}`) : content;
    writeFileSync(path.join(folder, `${name}.gz`), gzipSync(written, { level: 9 }));
  }
  return [...inputs].filter((input) => input.startsWith('node_modules/'));
}
