/** How often a caller asked a service for an action since the start or the last reset. */
export interface CallCount {
  /** The access key id that signed the calls: a Lambda function's name, or `anonymous`. */
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly count: number;
}

export interface CallCounter {
  count(caller: string, service: string, action: string): void;
  /** The counts so far, in order of caller, service and action. */
  calls(): CallCount[];
  reset(): void;
}

/** Counts AWS calls, so that what a job costs can be tested rather than guessed. */
export function createCallCounter(): CallCounter {
  const counts = new Map<string, number>();
  // Neither an access key id, a signing name nor an action holds a line break.
  const separator = '\n';
  return {
    count(...call) {
      const key = call.join(separator);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    calls: () =>
      [...counts].sort().map(([key, count]) => {
        const [caller = '', service = '', action = ''] = key.split(separator);
        return { caller, service, action, count };
      }),
    reset() {
      counts.clear();
    },
  };
}
