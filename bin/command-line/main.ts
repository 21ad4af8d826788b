import { text } from 'node:stream/consumers';
import { runCommand } from './program.ts';

await runCommand(process.argv.slice(2), {
  environment: process.env,
  output: (answer) => {
    process.stdout.write(`${answer}\n`);
  },
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  messages: process.stderr,
  readInput: () => text(process.stdin),
  setExitCode: (code) => {
    process.exitCode = code;
  },
});
