import { target, type Target } from './target.ts';

/** A feature that a target of the integration tests lacks and a test needs. */
interface Gap {
  readonly targets: readonly Exclude<Target['kind'], 'embedded'>[];
  /** The observation, and why the test can't run. */
  readonly why: string;
}

/**
 * All reasons why a test is skipped or reduced outside the embedded cloud. Gaps that can be filled after the deployment are in
 * `test/emulator/mend.ts` instead, so no test is skipped for them. `test/emulator/probes.ts` checks in every run whether a gap of
 * MiniStack still exists.
 */
export const gaps = {
  'no-crowds': {
    targets: ['ministack'],
    why:
      'MiniStack starts a Node process for every invocation at the same time, without a queue: 200 at once take half a ' +
      'minute and 10 GB on two cores, and the last ones their own deadline.',
  },
  'late-rates': {
    targets: ['ministack'],
    why:
      'EventBridge Scheduler of MiniStack counts rate(…) from the creation of the schedule, whatever its StartDate: the first ' +
      'firing comes a period late, where AWS fires at the StartDate.',
  },
  'universal-targets': {
    targets: ['ministack'],
    why:
      'EventBridge Scheduler of MiniStack takes a universal target such as aws-sdk:sqs:sendMessage, and drops its firings with a ' +
      'warning in its log.',
  },
  'paths-decoded-once': {
    targets: ['ministack'],
    why:
      'API Gateway of MiniStack decodes the path of a request once, where AWS does it twice and refuses what is left with a ' +
      'percent sign alone.',
  },
  'unchecked-parameters': {
    targets: ['ministack'],
    why: 'SSM of MiniStack keeps the AllowedPattern of a parameter, and takes values that do not match it.',
  },
  'settings-of-its-owner': {
    targets: ['deployment'],
    why: 'A deployment has the settings that it was deployed with: a test can’t know them.',
  },
  'stores-out-of-reach': {
    targets: ['deployment'],
    why: 'A deployment is reached over HTTP alone: its queue, table, bucket and database are not touched.',
  },
  'hidden-processes': {
    targets: ['ministack', 'emulator', 'deployment'],
    why: 'Only the embedded cloud names the processes of a function, and counts its calls.',
  },
} as const satisfies Record<string, Gap>;

export type GapName = keyof typeof gaps;

/** Whether the target lacks something that the others have. */
export function hasGap(name: GapName): boolean {
  return gaps[name].targets.some((kind) => kind === target.kind);
}
