import { target, type Target } from './target.ts';

/** A feature that some integration tests need, and that the listed targets lack. */
interface Gap {
  readonly targets: readonly Exclude<Target['kind'], 'embedded'>[];
  /** The observed behavior, and the reason why tests can't run without the feature. */
  readonly why: string;
}

/**
 * All reasons why tests are skipped or reduced outside the embedded cloud. Some gaps can be filled after the deployment. `test/emulator/mend.ts`
 * fills those gaps, so no test is skipped because of them. In every run, `test/emulator/probes.ts` checks whether each MiniStack gap still exists.
 */
export const gaps = {
  'no-crowds': {
    targets: ['ministack'],
    why:
      'MiniStack starts a Node process for every concurrent invocation, without a queue: 200 at once take half a ' +
      'minute and 10 GB on two cores, and the last ones exceed their deadline.',
  },
  'late-rates': {
    targets: ['ministack'],
    why:
      "MiniStack's EventBridge Scheduler counts rate(…) from the schedule's creation and ignores its StartDate: the first " +
      'firing comes a period late, whereas AWS fires at the StartDate.',
  },
  'universal-targets': {
    targets: ['ministack'],
    why:
      "MiniStack's EventBridge Scheduler accepts a universal target such as aws-sdk:sqs:sendMessage, but drops its firings with a " +
      'warning in its log.',
  },
  'paths-decoded-once': {
    targets: ['ministack'],
    why:
      "MiniStack's API Gateway decodes a request's path once. AWS decodes it twice, and refuses what is left with a " +
      'percent sign alone.',
  },
  'unchecked-parameters': {
    targets: ['ministack'],
    why: "MiniStack's SSM stores a parameter's AllowedPattern, but accepts values that do not match it.",
  },
  'settings-of-its-owner': {
    targets: ['deployment'],
    why: "A deployment's settings are fixed, and a test can’t know them.",
  },
  'stores-out-of-reach': {
    targets: ['deployment'],
    why: 'A deployment is accessible only over HTTP: tests do not touch its queue, table, bucket or database.',
  },
  'hidden-processes': {
    targets: ['ministack', 'emulator', 'deployment'],
    why: 'Only the embedded cloud lists a function’s processes and counts its calls.',
  },
} as const satisfies Record<string, Gap>;

export type GapName = keyof typeof gaps;

/** Whether the target lacks this feature. */
export function hasGap(name: GapName): boolean {
  return gaps[name].targets.some((kind) => kind === target.kind);
}
