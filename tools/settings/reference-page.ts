import { variableOf } from '../../lambdas/environment.ts';
import { readSettings, SettingsError } from '../../lib/settings/read-settings.ts';
import { isDerived } from '../../lib/settings/setting.ts';
import type { Relation, Setting, SettingTable } from '../../lib/settings/setting.ts';
import { queueSettings } from '../../lib/settings/queues.ts';
import { appSettings, relations, sections, settingTable } from '../../lib/settings/table.ts';

const table: SettingTable = settingTable;

/** Returns the content of docs/reference/settings.md. */
export function referencePage(): string {
  return `# Settings

<!-- Written by \`npm run documents\` from lib/settings/table.ts. Do not edit. -->

Errand reads its settings once, when the stack is synthesized, from the environment or from CDK context
(\`npx cdk deploy -c JOB_TIMEOUT=60\`). The environment takes precedence. In your own CDK app, pass them to the construct as props.

Invalid or unsafe values fail the synth with a message that names the setting. A variable that looks like a misspelled setting
causes a warning.

${sections.map(({ title, settings }) => section(title, settings)).join('\n')}
## The CDK app

${entries(appSettings)}
## One queue

Each queue in \`QUEUES\`, or in the \`queues\` property, has these options:

${queueOptions()}
## Settings that contradict each other

These combinations fail the synth:

${relations.map((relation) => `- ${escaped(refusalOf(relation))}`).join('\n')}
`;
}

function section(title: string, settings: SettingTable): string {
  return `## ${title}\n\n${entries(settings)}`;
}

function entries(settings: SettingTable): string {
  return Object.entries(settings)
    .map(([name, setting]) => entry(name, setting))
    .join('\n');
}

function entry(name: string, { text, kind, default: initial }: Setting): string {
  return `### \`${variableOf(name)}\`

${withVariables(text)}

- Value: ${escaped(kind.expected)}
- Default: ${isDerived(initial) ? withVariables(initial.text) : shown(kind.show(initial))}
${name in table ? `- Property: \`${name}\` (\`${kind.type}\`)\n` : ''}`;
}

/** Lists the options that each queue accepts in `QUEUES` (as JSON) and in the `queues` property. */
function queueOptions(): string {
  return Object.entries(queueSettings as SettingTable)
    .map(([name, { text, kind, default: initial }]) => {
      const value = `Value: ${escaped(kind.expected)}. Default: ${shown(kind.show(initial))}.`;
      return `- \`${name}\` (\`${kind.type}\`): ${text} ${value}\n`;
    })
    .join('');
}

function shown(value: string): string {
  return value === '' || value === '{}' ? 'none' : `\`${value}\``;
}

/** \`jobTimeout\` → \`JOB_TIMEOUT\` */
function withVariables(text: string): string {
  return text.replaceAll(/`(\w+)`/g, (code, name: string) =>
    name in table ? `\`${variableOf(name)}\`` : code,
  );
}

/** Returns the error message that a relation's example of invalid settings causes. */
function refusalOf({ example }: Relation<typeof settingTable>): string {
  const given: Readonly<Record<string, unknown>> = example;
  const environment = Object.entries(given).map(([name, value]) => [
    variableOf(name),
    table[name]?.kind.show(value),
  ]);
  try {
    readSettings(Object.fromEntries(environment) as Record<string, string>);
  } catch (error) {
    if (error instanceof SettingsError && error.problems.length === 1) return error.message;
    throw error;
  }
  throw new Error(`The example of a relation is accepted: ${JSON.stringify(environment)}`);
}

function escaped(text: string): string {
  return text.replaceAll('*', String.raw`\*`);
}
