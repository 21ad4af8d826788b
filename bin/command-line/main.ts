import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { runCommand } from './program.ts';
import { openScreen } from './top/screen.ts';

const isInteractive = process.stdin.isTTY && process.stdout.isTTY;

await runCommand(process.argv.slice(2), {
  environment: process.env,
  output: (answer) => {
    process.stdout.write(`${answer}\n`);
  },
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  messages: process.stderr,
  readInput: () => text(process.stdin),
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  openScreen: isInteractive ? () => openScreen(process.stdin, process.stdout) : undefined,
  setExitCode: (code) => {
    process.exitCode = code;
  },
});

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
