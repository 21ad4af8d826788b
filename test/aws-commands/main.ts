import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROJECT } from '../helpers/stack.ts';
import { installFromPyPi, type Python } from '../python/install.ts';

// Runs `npm run test:aws-commands`, which executes the shell blocks in the documentation with the AWS CLI's parser in place of `aws`. The parser
// checks each command's name, options and values, and sends nothing. The exit code is 1 if a command is wrong, and 2 if the check could not run.

const FOLDER = import.meta.dirname;

/** A page that this check skips, because test/aws-tools runs its commands in an embedded cloud. */
const RUN_ELSEWHERE = 'docs/how-to/inspect-the-embedded-cloud.md';

/** The blocks' other commands, which are replaced by stubs. */
const OTHER_COMMANDS = ['npx', 'curl', 'jq', 'psql'];

/** Variables that the pages tell readers to set, and variables that the CLI needs. */
const VARIABLES = {
  APPLICATION_SECRET_ARN: 'secret',
  CLUSTER_ARN: 'arn:aws:rds:us-east-1:000000000000:cluster:jobs',
  MIGRATIONS_FUNCTION_NAME: 'migrations',
  SECRET_ARN: 'secret',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_REGION: 'us-east-1',
  AWS_SECRET_ACCESS_KEY: 'never sent',
};

/** Blocks with errors. The check must report each of them. */
const WRONG = [
  'aws rds delete-db-cluster --db-cluster-identifier a --no-final-snapshot',
  'aws rds restore-db-cluster-to-point-in-time --restore-to-time now',
  'for name in a b; do aws rds wait db-cluster-gone; done',
  'echo "unfinished',
];

try {
  process.exitCode = await check();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}

async function check(): Promise<number> {
  const python = await installFromPyPi('aws-tools', path.join(FOLDER, '../aws-tools/requirements.txt'));
  const dir = await mkdtemp(path.join(os.tmpdir(), 'errand-aws-commands-'));
  try {
    const run = await createShell(dir, python);
    for (const block of WRONG) {
      if ((await run(block)) === '') throw new Error(`The check accepts a wrong command: ${block}`);
    }
    const pages = globSync('docs/**/*.md', { cwd: PROJECT, exclude: [RUN_ELSEWHERE] }).sort();
    let checked = 0;
    let problems = '';
    for (const page of pages) {
      const text = await readFile(path.join(PROJECT, page), 'utf8');
      const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, block = '']) => block);
      if (!blocks.some((block) => /\baws /.test(block))) continue;
      // All blocks of a page run in one shell, because later blocks use variables that earlier blocks set.
      checked += blocks.length;
      const said = await run(blocks.join('\n'));
      if (said !== '') problems += `${page}:\n${said}\n`;
    }
    if (checked === 0) throw new Error('The documentation has no commands to check.');
    process.stdout.write(problems || `The AWS CLI accepts the commands of ${checked} blocks.\n`);
    return problems === '' ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Creates a shell.
 *
 * @returns a function that runs a block and returns its commands' errors, or an empty string
 */
async function createShell(dir: string, python: Python): Promise<(block: string) => Promise<string>> {
  const bin = path.join(dir, 'bin');
  const failures = path.join(dir, 'failures');
  await mkdir(bin);
  const commands = {
    aws: `exec "${python.command}" "${path.join(FOLDER, 'check_command.py')}" "$@"`,
    ...Object.fromEntries(OTHER_COMMANDS.map((name) => [name, 'echo "{}"'])),
  };
  for (const [name, line] of Object.entries(commands)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${line}\n`);
    await chmod(path.join(bin, name), 0o755);
  }
  return async (block) => {
    await writeFile(failures, '');
    const { status, stderr } = spawnSync('bash', ['-c', block], {
      cwd: dir,
      encoding: 'utf8',
      env: {
        ...VARIABLES,
        ...python.environment,
        PATH: `${bin}:${process.env.PATH ?? ''}`,
        HOME: dir,
        ERRAND_FAILURES: failures,
      },
    });
    const said = await readFile(failures, 'utf8');
    // Bash reports its own errors, such as an unclosed quotation mark, on stderr.
    return said || (status === 0 ? '' : stderr);
  };
}
