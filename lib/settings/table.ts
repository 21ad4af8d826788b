import { alarmRelations, alarmSettings } from './alarms.ts';
import { callerRelations, callerSettings } from './callers.ts';
import { databaseRelations, databaseSettings } from './database.ts';
import { jobRelations, jobSettings } from './jobs.ts';
import { string } from './kinds.ts';
import { queuesJson } from './queues.ts';
import { thresholdsJson } from './resolve-thresholds.ts';
import { limitRelations, limitSettings } from './limits.ts';
import { metricsSettings } from './metrics.ts';
import { outboundSettings } from './outbound.ts';
import { retentionRelations, retentionSettings } from './retention.ts';
import { traceRelations, traceSettings } from './traces.ts';
import { setting } from './setting.ts';
import type { Relation, Resolved } from './setting.ts';

/** All settings of the construct. `jobTimeout` is `JOB_TIMEOUT` in the environment and in the CDK context. */
export const settingTable = {
  ...jobSettings,
  ...retentionSettings,
  ...databaseSettings,
  ...callerSettings,
  ...limitSettings,
  ...outboundSettings,
  ...metricsSettings,
  ...alarmSettings,
  ...traceSettings,
};

type Table = typeof settingTable;
export type SettingName = keyof Table;
export type ResolvedSettings = Resolved<Table>;

/** The rules about combinations of settings, in the order in which they are reported. */
export const relations: readonly Relation<Table>[] = [
  ...jobRelations,
  ...retentionRelations,
  ...databaseRelations,
  ...callerRelations,
  ...limitRelations,
  ...alarmRelations,
  ...traceRelations,
];

/** The sections of the reference page. */
export const sections = [
  { title: 'Running jobs', settings: jobSettings },
  { title: 'Keeping data', settings: retentionSettings },
  { title: 'The database', settings: databaseSettings },
  { title: 'Callers', settings: callerSettings },
  { title: 'Limits', settings: limitSettings },
  { title: 'Calls to other services', settings: outboundSettings },
  { title: 'Metrics', settings: metricsSettings },
  { title: 'Alarms', settings: alarmSettings },
  { title: 'Traces', settings: traceSettings },
];

/** Settings that exist only in Errand's own CDK app. In your own stack, pass props instead. */
export const appSettings = {
  stackName: setting({
    text: 'The name of the CloudFormation stack.',
    kind: string('a letter, then up to 127 letters, digits or hyphens', (name) =>
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name),
    ),
    default: 'Errand',
  }),
  queues: setting({
    text:
      'Additional queues by name, each with its own worker function. The `default` entry sets options of the `default` queue that the other settings don’t cover. ' +
      'See [One queue](#one-queue). In your own CDK app, the construct’s `queues` prop also accepts options such as `vpc` and `layers`.',
    kind: queuesJson,
    default: {},
  }),
  alarmThresholds: setting({
    text: 'The alarms’ [thresholds](alarms.md). In your own CDK app, pass the `alarmThresholds` prop to the construct.',
    kind: thresholdsJson,
    default: {},
  }),
};
