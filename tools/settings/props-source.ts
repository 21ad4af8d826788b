import { isDerived } from '../../lib/settings/setting.ts';
import { thresholdSettings } from '../../lib/settings/alarms.ts';
import type { Setting, SettingTable } from '../../lib/settings/setting.ts';
import { queueSettings } from '../../lib/settings/queues.ts';
import { settingTable } from '../../lib/settings/table.ts';

/** TypeScript types that allow more values than are valid. For settings of these types, the comment lists the valid values. */
const TYPES_WITH_LIMITS = ['Duration', 'Size', 'number', 'string', 'Readonly<Record<string, string>>'];

const WIDTH = 110;

/** Returns the source code of lib/settings/props.ts, which declares the settings as interfaces. Their comments appear in the user's editor. */
export function propsSource(): string {
  return `// Written by \`npm run documents\` from lib/settings/table.ts. Do not edit.
import type { Duration, Size } from 'aws-cdk-lib/core';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** The settings as props of the construct. \`jobTimeout\` is \`JOB_TIMEOUT\` in the environment and in CDK context. */
export interface Settings {
${propertiesOf(settingTable)}
}

/** The settings of one queue. */
export interface QueueSettings {
${propertiesOf(queueSettings)}
}

/** The thresholds at which the alarms go off: with \`apiErrorRate: 5\`, the alarm goes off at 5 %. */
export interface AlarmThresholds {
${propertiesOf(thresholdSettings)}
}
`;
}

function propertiesOf(table: SettingTable): string {
  return Object.entries(table)
    .map(([name, setting]) => `${commentOf(setting)}\n  readonly ${name}?: ${setting.kind.type};`)
    .join('\n');
}

function commentOf({ text, kind, default: initial }: Setting): string {
  const paragraphs = [
    text,
    ...(TYPES_WITH_LIMITS.includes(kind.type) ? [`Value: ${kind.expected}.`] : []),
    `@default ${isDerived(initial) ? `- ${initial.text}` : kind.code(initial)}`,
  ];
  const lines = paragraphs.flatMap((paragraph) => ['', ...wrap(paragraph)]).slice(1);
  return ['  /**', ...lines.map((line) => `   * ${line}`.trimEnd()), '   */'].join('\n');
}

function wrap(paragraph: string): string[] {
  const lines = [''];
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && `   * ${line} ${word}`.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
