import type { Command } from 'commander';
import { createProgram } from '../../bin/command-line/program.ts';

/** docs/reference/commands.md */
export function commandsPage(): string {
  const { commands, options } = createProgram({
    environment: {},
    output: () => undefined,
    messages: process.stderr,
    readInput: () => Promise.resolve(''),
    setExitCode: () => undefined,
  });
  return `# Commands and options

<!-- Written by \`npm run documents\` from the commands in bin/command-line/. Do not edit. -->

Every command of \`npx errand\`, as \`npx errand <command> --help\` describes it. [The command line](../cli.md) explains what to use them for.

These options apply to every command that calls the API:

${tableOf(options.filter(({ long }) => long !== '--version'))}
${commands.flatMap((command) => sectionsOf(command, 'errand')).join('\n')}`;
}

/** A section for each command without subcommands. */
function sectionsOf(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((each) => sectionsOf(each, name));
  const usage = [name, ...command.registeredArguments.map(argumentText)].join(' ');
  const text = `${capitalized(command.description())}.`;
  return [`## \`${usage}\`\n\n${escaped(text)}\n\n${tableOf(command.options)}`];
}

/** `<job_id>`, `[payload]` or `<words...>`, as in the help. */
function argumentText(argument: Command['registeredArguments'][number]): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function tableOf(options: Command['options']): string {
  const shown = options.filter(({ hidden }) => !hidden);
  if (shown.length === 0) return '';
  const rows = shown.map(({ flags, description }) => `| \`${flags}\` | ${escaped(description)} |`);
  return `| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** Text of the help in Markdown: placeholders such as `<url>` are not HTML, and a bar does not end a cell. */
function escaped(text: string): string {
  return text.replaceAll('<', '\\<').replaceAll('|', '\\|').replaceAll('*', '\\*');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
