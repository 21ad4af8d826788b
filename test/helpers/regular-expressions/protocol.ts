import type { Attack } from './attacks.ts';

/** One task for the worker: an expression, and the inputs on which to time it. */
export interface Task {
  readonly source: string;
  readonly flags: string;
  readonly isRepeated: boolean;
  readonly attacks: readonly Attack[];
}

/** A message from the worker. */
export type Report =
  | { readonly kind: 'begun'; readonly attack: number; readonly size: number }
  | { readonly kind: 'slow'; readonly attack: number; readonly size: number; readonly milliseconds: number }
  | { readonly kind: 'done' };

/** The input sizes in characters. Each size is four times the previous size. */
export const SIZES: readonly number[] = [1, 4, 16, 64, 256, 1024].map((kibibytes) => kibibytes * 1024);

/** The maximum time that an expression may take on the largest input, in milliseconds. */
export const LIMIT_MS = 1000;

/** Builds an input of this size. */
export function inputOf({ prefix, pump, suffix }: Attack, size: number): string {
  return prefix + pump.repeat(Math.ceil(size / pump.length)) + suffix;
}
