/** The number of times that a caller has called a service's action since startup or the last reset. */
export interface CallCount {
  /**
   * The caller's access key ID without a version, such as a Lambda function's name or `event-source-mapping.<function>`; `anonymous` for
   * unsigned calls; `others` beyond {@link MAX_KEYS}.
   */
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly count: number;
}

export interface CallCounter {
  count(caller: string, service: string, action: string): void;
  /** The counts so far, sorted by caller, service and action. */
  calls(): CallCount[];
  reset(): void;
}

/** The maximum number of counts. Without this limit, requests with arbitrary names could use up the memory. */
const MAX_KEYS = 10_000;

/** Counts AWS calls, so that tests can measure a job's cost. */
export function createCallCounter(): CallCounter {
  const counts = new Map<string, number>();
  // Access key IDs, signing names and actions contain no line breaks.
  const separator = '\n';
  const others = ['others', 'others', 'others'].join(separator);
  return {
    count(...call) {
      const named = call.join(separator);
      const key = counts.size < MAX_KEYS || counts.has(named) ? named : others;
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
