import type { Attack } from './attacks.ts';

/** What the worker measures: one expression on its inputs. */
export interface Task {
  readonly source: string;
  readonly flags: string;
  readonly isRepeated: boolean;
  readonly attacks: readonly Attack[];
}

/** A message of the worker. */
export type Report =
  | { readonly kind: 'begun'; readonly attack: number; readonly size: number }
  | { readonly kind: 'slow'; readonly attack: number; readonly size: number; readonly milliseconds: number }
  | { readonly kind: 'done' };

/** The sizes of the inputs, in characters, each four times the one before. */
export const SIZES: readonly number[] = [1, 4, 16, 64, 256, 1024].map((kibibytes) => kibibytes * 1024);

/** The longest time that an expression may take on the largest input, in milliseconds. */
export const LIMIT_MS = 1000;

/** Builds the input of a size. */
export function inputOf({ prefix, pump, suffix }: Attack, size: number): string {
  return prefix + pump.repeat(Math.ceil(size / pump.length)) + suffix;
}
