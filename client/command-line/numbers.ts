import { InvalidArgumentError } from 'commander';

/** The number that an option gives. @throws InvalidArgumentError for what is none */
export function toNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}
