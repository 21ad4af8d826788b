import type { Attempt } from './job.ts';
import { textOf } from './error-text.ts';
import { cut } from './log-line.ts';

/** The details that are stored with a failed attempt, in addition to its message. */
export type Failure = Pick<Attempt, 'stack' | 'log'>;

/**
 * The maximum size of a stack, in bytes of JSON. At this size, the stacks and last log lines of twenty attempts fit into one
 * Data API response (1 MiB).
 */
export const MAX_STACK_BYTES = 8 * 1024;

/** The maximum number of errors in a stack: the thrown error and its causes. */
const MAX_ERRORS = 5;

/**
 * Returns the stack of an error and its causes: the name, message and frames of each, but no other fields. Returns null
 * if the thrown value is not an error.
 */
export function stackOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const parts = withCauses(error);
  // Give each error an equal share, so that the stack always includes the deepest cause, which is often the most informative
  // one.
  const share = Math.floor(MAX_STACK_BYTES / parts.length);
  return cut(parts.map((part) => cut(part, share)).join('\n'), MAX_STACK_BYTES);
}

interface Labeled {
  label: string;
  error: unknown;
}

function withCauses(thrown: Error): string[] {
  const found: Labeled[] = [{ label: '', error: thrown }];
  // The loop itself appends to `found`, so it also visits the causes of causes.
  for (const { error } of found) {
    if (!(error instanceof Error)) continue;
    const related: Labeled[] = [];
    if (error.cause !== undefined) related.push({ label: 'Caused by: ', error: error.cause });
    const several = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    for (const each of several) related.push({ label: 'One of its errors: ', error: each });
    for (const each of related) {
      const isKnown = found.some((known) => known.error === each.error);
      if (!isKnown && found.length < MAX_ERRORS) found.push(each);
    }
  }
  return found.map(({ label, error }) => label + textOf(error));
}
