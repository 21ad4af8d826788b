import { summarize, type Summary } from './statistics.ts';

export interface RunOptions {
  /** How often each subject has its turn. */
  readonly rounds: number;
  /** Less of everything: to see that a benchmark works, not to read its figures. */
  readonly quick: boolean;
  /** Given when the run is interrupted. */
  readonly signal: AbortSignal;
  /** Hears what is being done. */
  readonly tell: (line: string) => void;
}

/** Measures once, and says what it came to by the names of what it measured. */
export type Measure = () => Promise<Readonly<Record<string, number>>>;

/**
 * Lets the subjects take turns, round by round, so that what else the machine does falls on each of them alike.
 *
 * @returns by subject, then by the names that its measure gave
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
