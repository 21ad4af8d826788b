import type { Command } from 'commander';
import { createProgram } from '../../bin/command-line/program.ts';

/** Returns the content of docs/reference/commands.md. */
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

All \`npx errand\` commands, with the descriptions from \`npx errand <command> --help\`. [The command line](../cli.md) explains when to use each one.

These options apply to every command that calls the API:

${tableOf(options.filter(({ long }) => long !== '--version'))}
${commands.flatMap((command) => sectionsOf(command, 'errand')).join('\n')}`;
}

/**
 * Returns one section for each command without subcommands. The options of a parent command, such as `key`, also apply to its subcommands.
 */
function sectionsOf(command: Command, parent: string, inherited: Command['options'] = []): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) {
    const options = [...inherited, ...command.options];
    return command.commands.flatMap((each) => sectionsOf(each, name, options));
  }
  const usage = [name, ...command.registeredArguments.map(argumentText)].join(' ');
  const text = `${capitalized(command.description())}.`;
  return [`## \`${usage}\`\n\n${escaped(text)}\n\n${tableOf([...inherited, ...command.options])}`];
}

/** Formats an argument as in the help: `<job_id>`, `[payload]` or `<words...>`. */
function argumentText(argument: Command['registeredArguments'][number]): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function tableOf(options: Command['options']): string {
  const shown = options.filter(({ hidden }) => !hidden);
  if (shown.length === 0) return '';
  const rows = shown.map(
    ({ flags, description }) => `| \`${flags.replaceAll('|', '\\|')}\` | ${escaped(description)} |`,
  );
  return `| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** Escapes a help text for Markdown, so that placeholders such as `<url>` are not read as HTML, and a pipe does not end a table cell. */
function escaped(text: string): string {
  return text.replaceAll('<', '\\<').replaceAll('|', '\\|').replaceAll('*', '\\*');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
