import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schedule } from './schedule.ts';

/**
 * All groups and their schedules. Each group has a folder, and each schedule has a file, so the cost of a write does not depend on the
 * number of schedules.
 */
export interface ScheduleStore {
  groups(): string[];
  hasGroup(group: string): boolean;
  addGroup(group: string): void;
  removeGroup(group: string): void;
  all(): Schedule[];
  get(group: string, name: string): Schedule | undefined;
  set(schedule: Schedule): void;
  remove(group: string, name: string): void;
}

/**
 * Opens the schedules under `<dataDir>/scheduler`.
 * @throws a one-line Error if a file is corrupt
 */
export function openScheduleStore(dataDir: string): ScheduleStore {
  const root = join(dataDir, 'scheduler');
  mkdirSync(join(root, 'default'), { recursive: true });
  const groups = new Set(readdirSync(root));
  const schedules = new Map<string, Schedule>();
  for (const group of groups) {
    for (const file of readdirSync(join(root, group)).filter((name) => name.endsWith('.json'))) {
      const schedule = read(join(root, group, file));
      schedules.set(`${group}/${schedule.Name}`, schedule);
    }
  }
  const pathOf = (group: string, name: string) => join(root, group, `${name}.json`);

  return {
    groups: () => [...groups].sort(),
    hasGroup: (group) => groups.has(group),
    addGroup(group) {
      mkdirSync(join(root, group), { recursive: true });
      groups.add(group);
    },
    removeGroup(group) {
      for (const { GroupName, Name } of schedules.values()) {
        if (GroupName === group) schedules.delete(`${group}/${Name}`);
      }
      rmSync(join(root, group), { recursive: true, force: true });
      groups.delete(group);
    },
    all: () => [...schedules.values()],
    get: (group, name) => schedules.get(`${group}/${name}`),
    set(schedule) {
      const { GroupName: group, Name: name } = schedule;
      schedules.set(`${group}/${name}`, schedule);
      // A rename is atomic: after a crash, either the old or the new file exists.
      const path = pathOf(group, name);
      writeFileSync(`${path}.new`, JSON.stringify(schedule, undefined, 2));
      renameSync(`${path}.new`, path);
    },
    remove(group, name) {
      schedules.delete(`${group}/${name}`);
      rmSync(pathOf(group, name), { force: true });
    },
  };
}

function read(path: string): Schedule {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Schedule;
  } catch (error) {
    throw new Error(`${path} is damaged; delete the data folder it is in to start afresh`, { cause: error });
  }
}
