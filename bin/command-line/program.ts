import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ErrandError } from 'errand-client';
import { defaultUrl, EXIT, isDefaultUrl, type Terminal } from './session.ts';
import { addAuditCommand } from './audit-command.ts';
import { addChangeCommands } from './change-commands.ts';
import { addInitCommand } from './init/init-command.ts';
import { addBatchCommands } from './batch-commands.ts';
import { addJobCommands } from './job-commands.ts';
import { addDevCommand } from './dev-command.ts';
import { addDoctorCommand } from './doctor/doctor-command.ts';
import { addHistoryCommand } from './history-command.ts';
import { addKeyCommands } from './key-commands.ts';
import { addMcpCommand } from './mcp/mcp-command.ts';
import { addMessageCommands } from './message-commands.ts';
import { addQueueCommands } from './queue-commands.ts';
import { addScheduleCommands } from './schedule-commands.ts';
import { addStepCommands } from './step-commands.ts';
import { addOpenCommand } from './open/open-command.ts';
import { addTopCommand } from './top/top-command.ts';
import { addWebhookKeyCommands } from './webhook-key-commands.ts';

/** The package's folder, two levels above this file's folder both in the sources and in `dist/command-line`. */
const PACKAGE = path.resolve(import.meta.dirname, '../..');

const { version: VERSION } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')) as {
  version: string;
};

/** Creates all commands. To add a group of commands, write a file like `job-commands.ts`, and add a line here. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('errand')
    .description(
      'Runs your jobs on this machine, submits and watches jobs through an Errand API, and manages its keys.',
    )
    .version(VERSION, '--version', 'print the version')
    .option('--url <url>', 'the URL of the API (default: ERRAND_URL, or `errand dev` on this machine)')
    .option('--api-key <key>', 'the API key (default: ERRAND_API_KEY)')
    .option('--json', 'print the response as JSON')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.output(text.trimEnd());
      },
      writeErr: (text) => terminal.messages.write(text),
    })
    .showHelpAfterError('(run with --help for usage)');
  addInitCommand(program, terminal, PACKAGE);
  addDevCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addJobCommands(program, terminal);
  addChangeCommands(program, terminal);
  addStepCommands(program, terminal);
  addBatchCommands(program, terminal);
  addKeyCommands(program, terminal);
  addScheduleCommands(program, terminal);
  addQueueCommands(program, terminal);
  addTopCommand(program, terminal);
  addOpenCommand(program, terminal);
  addMcpCommand(program, terminal, VERSION);
  addMessageCommands(program, terminal);
  addWebhookKeyCommands(program, terminal);
  addAuditCommand(program, terminal);
  addHistoryCommand(program, terminal);
  return program;
}

/** Runs one command. Never throws. */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<void> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    terminal.setExitCode(codeOf(error));
    if (isWrittenByParser(error)) return;
    const [first = '', ...fields] =
      error instanceof ErrandError && error.errors.length > 0
        ? refusalLines(error)
        : [messageOf(error, program, terminal)];
    terminal.messages.write(`error: ${first}\n`);
    for (const line of fields) terminal.messages.write(`  ${line}\n`);
  }
}

/** Whether commander has already printed the error. Commander prints its own errors, but not errors that commands throw. */
function isWrittenByParser(error: unknown): boolean {
  return error instanceof CommanderError && !(error instanceof InvalidArgumentError);
}

function codeOf(error: unknown): number {
  return error instanceof CommanderError && error.exitCode === 0 ? EXIT.success : EXIT.refused;
}

function messageOf(error: unknown, program: Command, terminal: Terminal): string {
  if (!(error instanceof Error)) return String(error);
  // An error thrown by Node's fetch says only that the request failed; the error's cause says why.
  const { cause } = error;
  if (isRefusedConnection(error) && isDefaultUrl(program, terminal)) {
    return `can't connect to ${defaultUrl(terminal)}: start \`errand dev\`, or set --url or ERRAND_URL`;
  }
  return cause instanceof Error && cause.message !== ''
    ? `${error.message}: ${cause.message}`
    : error.message;
}

/** Whether the error, or one of its causes, is a refused connection: no process listens at the URL. */
function isRefusedConnection(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === 'ECONNREFUSED' || isRefusedConnection(cause);
}

/** Returns the lines of an error response, without repeating invalid fields that the message already lists. */
function refusalLines({ message, title, status = 0, errors }: ErrandError): string[] {
  const fields = errors.map((each) => `${each.field}: ${each.message}`);
  if (!fields.every((field) => message.includes(field))) return [message, ...fields];
  return fields.length === 1 ? [message] : [`${title} (${status})`, ...fields];
}
