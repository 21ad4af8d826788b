import { beforeEach, describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { readArguments, type Arguments } from '../../../tools/benchmarks/arguments.ts';
import { FIGURES } from '../../../tools/benchmarks/figures.ts';

let written = '';

beforeEach(() => {
  written = '';
});

describe('the arguments of npm run bench', () => {
  it('are optional', () => {
    expect(read()).toEqual({
      figures: undefined,
      against: undefined,
      rounds: undefined,
      quick: false,
      list: false,
    });
  });

  it('choose figures, in the order given', () => {
    expect(read('--only', 'cpu', '--only', 'bundles').figures?.map(({ name }) => name)).toEqual([
      'cpu',
      'bundles',
    ]);
  });

  it('name a commit to compare with, and how often', () => {
    expect(read('--against', 'main', '--rounds', '9', '--quick')).toMatchObject({
      against: 'main',
      rounds: 9,
      quick: true,
    });
  });

  it('can ask for the list', () => {
    expect(read('--list').list).toBe(true);
  });

  it('are refused for an unknown figure, with a list of the known ones', () => {
    expect(() => read('--only', 'speed')).toThrow();
    expect(written).toContain(
      "argument 'speed' is invalid. There is no such figure. Use one of services, start,",
    );
    for (const name of FIGURES.keys()) expect(written).toContain(name);
  });

  it('are refused for a figure that cannot be compared, with a list of those that can', () => {
    expect(() => read('--against', 'main', '--only', 'reading')).toThrow();
    expect(written).toMatch(
      /--only reading cannot be combined with --against: .* Comparable figures: .*cpu-api/,
    );
  });

  it('are refused for a single round of a comparison', () => {
    expect(() => read('--against', 'main', '--rounds', '1')).toThrow();
    expect(written).toContain('--rounds 1 is too few for --against');
  });

  it.each([['0'], ['1.5'], ['many']])('are refused for --rounds %s', (rounds) => {
    expect(() => read('--rounds', rounds)).toThrow();
    expect(written).toContain('Use a whole number from 1 to 100.');
  });

  it('are refused for an unknown option', () => {
    expect(() => read('--agianst', 'main')).toThrow();
    expect(written).toContain('Did you mean --against?');
  });
});

describe('the figures', () => {
  it('each have a description and unique names for their values', () => {
    const probes = new Map(
      [...FIGURES.values()].flatMap(({ probes }) => probes).map((probe) => [probe.name, probe]),
    );
    const read = [...probes.values()].flatMap(({ reads }) => Object.values(reads).map(({ what }) => what));
    expect(new Set(read).size).toBe(read.length);
    for (const { about } of FIGURES.values()) expect(about).not.toBe('');
  });
});

function read(...words: string[]): Arguments {
  const command = new Command('bench').configureOutput({
    writeErr: (text) => {
      written += text;
    },
  });
  return readArguments(words, FIGURES, command);
}
