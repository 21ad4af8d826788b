import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runVisibly } from '../helpers/commands.ts';
import { startEmbeddedStack } from '../helpers/embedded-stack.ts';
import { PROJECT, type Stack } from '../helpers/stack.ts';
import { installFromPyPi, type Python } from '../python/install.ts';

// Runs `npm run test:aws-tools`, which executes a how-to page's commands against a running embedded cloud, and compares their outputs with the page.
// The AWS CLI and boto3 come from PyPI. The exit code is 1 if an output differs, and 2 if the test could not run.

const PAGE = 'docs/how-to/inspect-the-embedded-cloud.md';
/** The AWS endpoint's URL on the page. */
const DOCUMENTED_ENDPOINT = 'http://127.0.0.1:4566';
/** The marker printed between the outputs of two blocks. */
const MARK = '-- end of block';

/** A block of commands, and the output that the page shows for it. */
interface Block {
  readonly language: string;
  readonly code: string;
  readonly expected: string;
}

const tools = await installFromPyPi('aws-tools', path.join(import.meta.dirname, 'requirements.txt')).catch(
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(2);
  },
);
const stack = await startEmbeddedStack({}, {});
const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-aws-tools-'));
try {
  const blocks = blocksOf(await readFile(path.join(PROJECT, PAGE), 'utf8'));
  const output = await runBlocks(blocks, stack, folder, tools);
  const outputs = output.split(`${MARK}\n`);
  const differing = blocks.filter(({ expected }, index) => !fits(outputs[index] ?? '', expected));
  for (const { code } of differing)
    process.stderr.write(`The output differs from the one in ${PAGE}:\n${code}\n`);
  process.exitCode = differing.length === 0 && blocks.length > 0 ? 0 : 1;
  process.stdout.write(
    `${blocks.length - differing.length} of ${blocks.length} blocks of ${PAGE} are correct.\n`,
  );
} finally {
  await stack.end();
  await rm(folder, { recursive: true, force: true });
}

function blocksOf(page: string): Block[] {
  const pattern = /^```(?<language>sh|python)\n(?<code>.*?)^```\n(?:\n```text\n(?<expected>.*?)^```\n)?/gms;
  return [...page.matchAll(pattern)].map(({ groups = {} }) => {
    const { language = '', code = '', expected = '' } = groups;
    return { language, code, expected };
  });
}

/** Runs the blocks in one shell, as a reader would, until one of them fails. */
async function runBlocks(
  blocks: readonly Block[],
  { awsEndpointUrl }: Stack,
  folder: string,
  { command, scripts, environment }: Python,
): Promise<string> {
  const script = blocks
    .map(({ language, code }) => {
      const run = language === 'sh' ? code : `${command} - <<'PYTHON'\n${code}PYTHON\n`;
      return `${run.replaceAll(DOCUMENTED_ENDPOINT, awsEndpointUrl)}echo '${MARK}'\n`;
    })
    .join('');
  const inherited = { ...process.env, ...environment, PATH: `${scripts}:${process.env.PATH ?? ''}` };
  const { code, output } = await runVisibly('bash', ['-euc', script], inherited, folder);
  if (code !== 0) process.stderr.write(`The commands exited with ${code}.\n`);
  return output;
}

/** Whether an output matches the expected output. In the expected output, `…` matches any text within a line. */
function fits(output: string, expected: string): boolean {
  const pattern = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(output);
}
