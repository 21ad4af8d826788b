import { describe, expect, it } from '@jest/globals';
import { growthOf } from '../../load/growth.ts';
import { operations, seededRandom } from '../../load/operations.ts';
import type { ProcessSample, Sample } from '../../load/process-samples.ts';

const MIB = 1024 * 1024;

/** Returns a sample of a process with 100 MiB of memory and 50 file descriptors, 20 of which are sockets. */
function processOf(overrides: Partial<ProcessSample> = {}): ProcessSample {
  return { pid: 1, group: 'cloud', bytes: 100 * MIB, descriptors: 50, sockets: 20, ...overrides };
}

/** Returns the measurements that grow over forty samples. `sampleAt` returns the sample at a position in the run, from 0 (start) to 1 (end). */
function growing(sampleAt: (share: number) => Sample): string[] {
  const samples = Array.from({ length: 40 }, (_, index) => sampleAt(index / 39));
  return growthOf(samples)
    .filter(({ grows }) => grows)
    .map(({ what }) => what);
}

describe('the comparison of the first and the last quarter', () => {
  it('reports nothing for processes whose use of resources is constant or fluctuates', () => {
    expect(growing(() => [processOf()])).toEqual([]);
    expect(growing((share) => [processOf({ bytes: (100 + 80 * Math.sin(share * 60)) * MIB })])).toEqual([]);
  });

  it('reports growing memory of a process and of its group', () => {
    expect(growing((share) => [processOf({ bytes: (100 + 60 * share) * MIB })])).toEqual([
      'cloud, memory of one',
      'cloud (process 1), memory',
    ]);
  });

  it('reports descriptors and sockets that are never closed', () => {
    expect(
      growing((share) => [processOf({ descriptors: 50 + 80 * share, sockets: 20 + 80 * share })]),
    ).toEqual(['cloud, descriptors of one', 'cloud, sockets of one']);
  });

  it('reports processes that never end', () => {
    const small = (pid: number): ProcessSample => processOf({ pid, bytes: 0, descriptors: 0, sockets: 0 });
    expect(
      growing((share) => Array.from({ length: 1 + Math.round(9 * share) }, (_, pid) => small(pid))),
    ).toEqual(['cloud, processes']);
  });

  it('reports nothing for a process that starts late, or for two more processes among many', () => {
    expect(
      growing((share) => (share < 0.5 ? [processOf()] : [processOf(), processOf({ pid: 2, group: 'late' })])),
    ).toEqual([]);
    const some = (count: number): ProcessSample[] =>
      Array.from({ length: count }, (_, pid) => processOf({ pid }));
    expect(growing((share) => some(share < 0.5 ? 6 : 8))).toEqual([]);
  });
});

describe('the load', () => {
  it('has as many objects as requested jobs, with batches and duplicates, and is the same for the same seed', () => {
    const sent = [...operations(1_000, seededRandom(1))];
    expect(new Set(sent.flat()).size).toBe(1_000);
    expect(sent.flat().length).toBeGreaterThan(1_050);
    expect(sent.some(({ length }) => length > 10)).toBe(true);
    expect([...operations(1_000, seededRandom(1))]).toEqual(sent);
    expect([...operations(1_000, seededRandom(2))]).not.toEqual(sent);
  });
});
