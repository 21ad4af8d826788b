import { InvalidArgumentError } from 'commander';

// Number parsers for the command lines in `tools/`. For an invalid value, each parser throws commander's error, which names the option.

/** Returns a parser for whole numbers from `least` to `most`. */
export function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Parses a finite number of at least 0, such as a number of seconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Use 0 or a positive number.');
  }
  return value;
}

/** Parses a fraction from 0 to 1. */
export function fraction(text: string): number {
  const value = seconds(text);
  if (value > 1) throw new InvalidArgumentError('Use a number from 0 to 1.');
  return value;
}
