import type { ProcessSample, Sample } from './process-samples.ts';

/** The growth of one measurement, for a process or a group of processes. */
export interface Growth {
  /** The process or group, and the measurement, such as `embedded cloud, memory`. */
  readonly what: string;
  readonly unit: 'MiB' | 'number';
  /** The means of the first and the last quarter of the samples. */
  readonly first: number;
  readonly last: number;
  /** The limit for `last`. */
  readonly limit: number;
  readonly grows: boolean;
}

const MIB = 1024 * 1024;

/**
 * How much the last quarter may exceed the first. Growth of 20 % plus a fixed amount is allowed, because the garbage collector may not have freed the
 * memory yet.
 */
const TOLERANCE = { share: 1.2, mebibytes: 12, descriptors: 8, processes: 2 };

/**
 * Compares the last quarter of the samples with the first. For each group, the number of processes is compared. Memory, descriptors and sockets are
 * compared as averages per process, because the number of processes depends on the work. If a group is missing in one quarter, only its number of
 * processes is compared. The memory of each process that ran in both quarters is compared too.
 */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const first = samples.slice(0, quarter);
  const last = samples.slice(-quarter);
  const groups = [...new Set(samples.flat().map(({ group }) => group))].sort();
  return [...groups.flatMap((group) => ofGroup(group, first, last)), ...ofProcesses(first, last)];
}

function ofGroup(group: string, first: readonly Sample[], last: readonly Sample[]): Growth[] {
  const membersIn = (samples: readonly Sample[]): ProcessSample[] =>
    samples.flat().filter((member) => member.group === group);
  const [before, after] = [membersIn(first), membersIn(last)];
  const processes = growth(
    `${group}, processes`,
    'number',
    TOLERANCE.processes,
    before.length / first.length,
    after.length / last.length,
  );
  if (before.length === 0 || after.length === 0) return [processes];
  const compare = (
    what: string,
    unit: Growth['unit'],
    extra: number,
    read: (member: ProcessSample) => number,
  ): Growth => growth(`${group}, ${what}`, unit, extra, mean(before.map(read)), mean(after.map(read)));
  return [
    compare('memory of one', 'MiB', TOLERANCE.mebibytes, ({ bytes }) => bytes / MIB),
    compare('descriptors of one', 'number', TOLERANCE.descriptors, ({ descriptors }) => descriptors),
    compare('sockets of one', 'number', TOLERANCE.descriptors, ({ sockets }) => sockets),
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
