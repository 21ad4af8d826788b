import path from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../helpers/stack.ts';

export const USAGE =
  'npm run test:aws -- --profile NAME [--region REGION] [--setting NAME=VALUE]… [--pause-minutes N]';

/** The command-line options. */
export interface Words {
  readonly profile: string | undefined;
  readonly region: string | undefined;
  /** The URL of an AWS emulator; undefined for AWS itself. */
  readonly endpoint: string | undefined;
  /** The URL of Errand's own Data API, for an emulator without a Data API. */
  readonly dataApi: string | undefined;
  /** The stack's settings. */
  readonly settings: Readonly<Record<string, string>>;
  readonly pauseMinutes: number;
  /** The output file for the measurements. */
  readonly report: string;
}

const REFERENCE = path.join(PROJECT, 'docs/reference');

/** Settings that the user can't choose, because the tests set them in order to find, call and delete the stack. */
const OWN_SETTINGS = ['AUTH', 'DELETION_PROTECTION', 'STACK_NAME'];

/** Parses the options. @throws Error that names the option and its valid values */
export function readWords(args: string[]): Words {
  const { values } = parseArgs({
    args,
    options: {
      profile: { type: 'string' },
      region: { type: 'string' },
      endpoint: { type: 'string' },
      'data-api': { type: 'string' },
      setting: { type: 'string', multiple: true, default: [] },
      'pause-minutes': { type: 'string', default: '15' },
      report: { type: 'string' },
    },
  });
  const { profile, region, endpoint, 'data-api': dataApi } = values;
  if (profile === undefined && endpoint === undefined)
    throw new Error('--profile is missing: name a profile of your AWS configuration.');
  if (profile !== undefined && endpoint !== undefined)
    throw new Error('--profile and --endpoint exclude each other: an emulator checks no credentials.');
  for (const [option, url] of Object.entries({ endpoint, 'data-api': dataApi })) {
    if (url !== undefined && !URL.canParse(url))
      throw new Error(`--${option} is "${url}". Use a URL such as http://127.0.0.1:4566.`);
  }
  const pauseMinutes = Number(values['pause-minutes']);
  if (!Number.isInteger(pauseMinutes) || pauseMinutes < 0 || pauseMinutes > 60)
    throw new Error(`--pause-minutes is "${values['pause-minutes']}". Use a number from 0 to 60.`);
  const cache = path.join(PROJECT, 'node_modules/.cache/errand');
  const report = path.resolve(
    values.report ?? path.join(endpoint === undefined ? REFERENCE : cache, 'aws-measurements.md'),
  );
  if (endpoint !== undefined && report.startsWith(REFERENCE))
    throw new Error(
      '--report is in docs/reference: measurements of an emulator say nothing about AWS. Name another folder.',
    );
  return {
    profile,
    region,
    endpoint: endpoint?.replace(/\/+$/, ''),
    dataApi,
    settings: Object.fromEntries(values.setting.map(readSetting)),
    pauseMinutes,
    report,
  };
}

function readSetting(text: string): [string, string] {
  const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(text) ?? [];
  if (name === '') throw new Error(`--setting is "${text}". Use a name and a value, such as JOB_PREFETCH=4.`);
  if (OWN_SETTINGS.includes(name))
    throw new Error(`--setting ${name} can't be changed: the test needs its own value. Leave it out.`);
  return [name, value];
}
