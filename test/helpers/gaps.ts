/** Something that a target of the integration tests lacks, and a test needs. */
interface Gap {
  readonly targets: readonly ('emulator' | 'deployment')[];
  /** What was seen, and why the test can't be run. */
  readonly why: string;
}

/**
 * Every reason for which a test is skipped, or made smaller, somewhere else than in the embedded cloud. What an emulator lacks and
 * can be told after the deployment is in `test/emulator/mend.ts` instead: no test is skipped for it.
 */
export const gaps = {
  'no-crowds': {
    targets: ['emulator'],
    why:
      'MiniStack starts a Node process for every invocation at the same time, without a queue: 200 at once take half a ' +
      'minute and 10 GB on two cores, and the last ones their own deadline.',
  },
  'late-rates': {
    targets: ['emulator'],
    why:
      'EventBridge Scheduler of MiniStack counts rate(…) from the creation of the schedule, whatever its StartDate: the first ' +
      'firing comes a period late, where AWS fires at the StartDate.',
  },
  'unchecked-parameters': {
    targets: ['emulator'],
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
    targets: ['emulator', 'deployment'],
    why: 'Only the embedded cloud names the processes of a function, so that a test can kill one.',
  },
} as const satisfies Record<string, Gap>;

export type GapName = keyof typeof gaps;
