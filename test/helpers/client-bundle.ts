import { build } from 'esbuild';
import path from 'node:path';

/** Bundles `errand-client` as a browser script that sets the global variable `errandClient`. */
export async function clientBundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from 'errand-client'`,
      resolveDir: path.resolve(import.meta.dirname, '../..'),
    },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    conditions: ['errand-source'],
    format: 'iife',
    globalName: 'errandClient',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
