import { describe, expect, it } from '@jest/globals';
import { faultRules, incidents, isClockJump } from '../../chaos/fault-schedule.ts';
import { JOB_TIMEOUT, scheduleOf } from '../../chaos/schedule.ts';
import { settingsOf } from '../../chaos/stack.ts';

const DESTINATIONS = { receiver: 'http://127.0.0.1:9', journal: '/tmp/journal' };
const TARGETS = {
  ...{ api: 'Errand-Api', worker: 'Errand-Worker', anyFunction: 'Errand-', queue: 'Errand-Main' },
  ...{ scheduled: 'Errand-Schedules', firings: 'Errand-Firings', helpers: ['Errand-Sweeper'] },
};

describe('the schedule of a seed', () => {
  it('is always the same, and differs for another seed', () => {
    expect(scheduleOf(7, 200, DESTINATIONS)).toEqual(scheduleOf(7, 200, DESTINATIONS));
    expect(scheduleOf(8, 200, DESTINATIONS)).not.toEqual(scheduleOf(7, 200, DESTINATIONS));
    expect(incidents(7, TARGETS)).toEqual(incidents(7, TARGETS));
  });

  it('has exactly the given number of jobs, each with its own object or none', () => {
    const jobs = scheduleOf(7, 500, DESTINATIONS).flatMap((unit) => unit.jobs);
    expect(jobs).toHaveLength(500);
    const objects = jobs.flatMap(({ objectId }) => objectId ?? []);
    const names = jobs.flatMap(({ tenant, objectId }) => (objectId === null ? [] : `${tenant}/${objectId}`));
    expect(new Set(names).size).toBe(objects.length);
    // Several tenants use some of the same object names.
    expect(new Set(objects).size).toBeLessThan(objects.length);
    expect(jobs.every(({ objectId, duplicateLater }) => objectId !== null || duplicateLater === 'none')).toBe(
      true,
    );
  });

  it('contains every kind of event', () => {
    const units = scheduleOf(1, 300, DESTINATIONS);
    const jobs = units.flatMap((unit) => unit.jobs);
    const batches = units.flatMap(({ batch }) => batch ?? []);
    expect(new Set(units.map(({ tenant }) => tenant)).size).toBe(2);
    expect(new Set(batches.map(({ bulk }) => bulk)).size).toBe(4);
    expect(new Set(jobs.map(({ kind }) => kind)).size).toBe(9);
    expect(new Set(jobs.map(({ signal }) => signal)).size).toBe(3);
    expect(new Set(jobs.map(({ followUp }) => followUp)).size).toBe(7);
    expect(new Set(jobs.map(({ duplicateLater }) => duplicateLater)).size).toBe(4);
    expect(jobs.some(({ retry }) => retry)).toBe(true);
    expect(jobs.some(({ duplicatesAtOnce }) => duplicatesAtOnce > 0)).toBe(true);
  });

  it('has all batch sizes in three consecutive seeds', () => {
    const sizes = [7, 8, 9].map((seed) => Number(settingsOf(seed, 'http://127.0.0.1:9').JOB_BATCH_SIZE));
    expect(sizes.toSorted((a, b) => a - b)).toEqual([1, 5, 10]);
  });

  it('has each kill and the full disk once, and its incidents in order', () => {
    const planned = incidents(7, TARGETS);
    const blows = planned.map(({ what }) => what).filter((what) => typeof what === 'string');
    expect(blows.sort()).toEqual(['fill-disk', 'kill-cloud', 'kill-postgres']);
    const places = planned.map(({ at }) => at);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it.each([7, 8])(
    'moves all clocks and the database alone, in both directions, and back again (seed %d)',
    (seed) => {
      const jumps = incidents(seed, TARGETS)
        .map(({ what }) => what)
        .filter(isClockJump);
      expect(jumps.map(({ clocks }) => clocks.length)).toEqual([2, 2, 1, 1]);
      const [together = 0, back, alone, last] = jumps.map(({ seconds }) => seconds);
      expect(Math.abs(together)).toBeGreaterThan(JOB_TIMEOUT);
      expect([back, alone, last]).toEqual([0, -together, 0]);
    },
  );

  it('kills as many processes in a run of 2,000 jobs as in one of 500, and has as many of all other faults per job', () => {
    const sharesOf = (jobs: number) =>
      faultRules(7, jobs, TARGETS).map(({ effect, at }): [string, number] => [
        String(effect),
        (at as { share: number }).share,
      ]);
    const expected = sharesOf(500).map(([effect, share]) => [
      effect,
      effect.startsWith('kill') ? share / 4 : share,
    ]);
    expect(sharesOf(2_000)).toEqual(expected);
    expect(sharesOf(100)).toEqual(sharesOf(500));
  });

  it('gives each fault rule its own seed, and another one after each start of the cloud', () => {
    const rules = [...faultRules(7, 500, TARGETS), ...faultRules(7, 500, TARGETS, 1)];
    const seeds = rules.map(({ at }) => (at as { seed: string }).seed);
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});
