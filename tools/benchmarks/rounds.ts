import { summarize, type Summary } from './statistics.ts';

export interface RunOptions {
  /** Rounds per subject. */
  readonly rounds: number;
  /** Whether to do only a little work, to check that the benchmarks run. The figures of a quick run are meaningless. */
  readonly quick: boolean;
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Called for each progress line. */
  readonly tell: (line: string) => void;
}

/** Measures once, and returns the values by name. */
export type Measure = () => Promise<Readonly<Record<string, number>>>;

/**
 * Measures all subjects once per round, so that other load on the machine affects all of them equally.
 *
 * @returns the values by subject, then by name
 */
export async function interleave(
  subjects: Readonly<Record<string, Measure>>,
  { rounds, signal, tell }: RunOptions,
): Promise<Map<string, Map<string, Summary>>> {
  const values = new Map(Object.keys(subjects).map((subject) => [subject, new Map<string, number[]>()]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [subject, measure] of Object.entries(subjects)) {
      signal.throwIfAborted();
      const measured = await measure();
      const ofSubject = values.get(subject);
      for (const [name, value] of Object.entries(measured)) {
        ofSubject?.set(name, [...(ofSubject.get(name) ?? []), value]);
      }
      const shown = Object.entries(measured).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
      tell(`round ${round}/${rounds}  ${subject}: ${shown.join(', ')}`);
    }
  }
  return new Map(
    [...values].map(([subject, measured]) => [
      subject,
      new Map([...measured].map(([name, each]) => [name, summarize(each)])),
    ]),
  );
}
