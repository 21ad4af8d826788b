import type { ProcessSample, Sample } from './process-samples.ts';

/** How a measure of a group of processes, or of one process, developed. */
export interface Growth {
  /** Such as `embedded cloud, memory`. */
  readonly what: string;
  readonly unit: 'MiB' | 'number';
  /** The means of the first and of the last quarter of the samples. */
  readonly first: number;
  readonly last: number;
  /** The most that `last` may be. */
  readonly limit: number;
  readonly grows: boolean;
}

const MIB = 1024 * 1024;

/** What the last quarter may have more than the first: a fifth, and in absolute terms what a garbage collector leaves for later. */
const TOLERANCE = { share: 1.2, mebibytes: 12, descriptors: 8, processes: 2 };

/**
 * Compares the last quarter of the samples with the first: for each group its memory, its descriptors, its sockets and the number
 * of its processes; for each process that lived in both quarters its memory.
 */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const first = samples.slice(0, quarter);
  const last = samples.slice(-quarter);
  const groups = [...new Set(samples.flat().map(({ group }) => group))].sort();
  return [...groups.flatMap((group) => ofGroup(group, first, last)), ...ofProcesses(first, last)];
}

function ofGroup(group: string, first: readonly Sample[], last: readonly Sample[]): Growth[] {
  const compare = (what: string, unit: Growth['unit'], extra: number, read: (members: Sample) => number) =>
    growth(`${group}, ${what}`, unit, extra, meanOf(first, group, read), meanOf(last, group, read));
  const processes = compare('processes', 'number', TOLERANCE.processes, ({ length }) => length);
  const room = Math.max(1, processes.first);
  return [
    compare(
      'memory',
      'MiB',
      TOLERANCE.mebibytes * room,
      sumOf(({ bytes }) => bytes / MIB),
    ),
    compare(
      'descriptors',
      'number',
      TOLERANCE.descriptors,
      sumOf(({ descriptors }) => descriptors),
    ),
    compare(
      'sockets',
      'number',
      TOLERANCE.descriptors,
      sumOf(({ sockets }) => sockets),
    ),
    processes,
  ];
}

function ofProcesses(first: readonly Sample[], last: readonly Sample[]): Growth[] {
  const read = (samples: readonly Sample[]): Map<number, ProcessSample[]> =>
    Map.groupBy(samples.flat(), ({ pid }) => pid);
  const before = read(first);
  return [...read(last)].flatMap(([pid, after]) => {
    const earlier = before.get(pid);
    const group = after[0]?.group;
    if (!earlier || group === undefined) return [];
    const memory = (samples: readonly ProcessSample[]): number =>
      mean(samples.map(({ bytes }) => bytes / MIB));
    const what = `${group} (process ${pid}), memory`;
    return [growth(what, 'MiB', TOLERANCE.mebibytes, memory(earlier), memory(after))];
  });
}

function growth(what: string, unit: Growth['unit'], extra: number, first: number, last: number): Growth {
  const limit = first * TOLERANCE.share + extra;
  return { what, unit, first: round(first), last: round(last), limit: round(limit), grows: last > limit };
}

function meanOf(samples: readonly Sample[], group: string, read: (members: Sample) => number): number {
  return mean(samples.map((sample) => read(sample.filter((member) => member.group === group))));
}

function sumOf(read: (member: ProcessSample) => number): (members: Sample) => number {
  return (members) => members.reduce((sum, member) => sum + read(member), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
