#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

// `npx errand` runs the built command line. In a checkout, it runs the sources.

const PACKAGE = path.resolve(import.meta.dirname, '../..');
const SOURCE = path.join(PACKAGE, 'bin/command-line/main.ts');

if (!existsSync(SOURCE)) await import('../../dist/command-line/main.js');
// npm writes .package-lock.json last, after it has installed everything.
else if (existsSync(path.join(PACKAGE, 'node_modules/.package-lock.json'))) runSource();
else {
  process.stderr.write('error: the packages of this checkout are not installed: run "npm ci" first\n');
  process.exitCode = 2;
}

/** Runs the sources with the checkout's own Node version, because the system's Node may be too old to run TypeScript. */
function runSource() {
  const ownNode = path.join(PACKAGE, 'node_modules/node/bin/node');
  const node = existsSync(ownNode) ? ownNode : process.execPath;
  const child = spawn(node, ['-C', 'errand-source', SOURCE, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
