import { describe, expect, it } from '@jest/globals';
import { sharedPart } from '../src/failures/shared-part.ts';
import { failingTypes, filled, type Point } from '../src/overview/history.ts';

const at = (minute: number) => new Date(Date.parse('2026-11-28T12:00:00Z') + minute * 60_000).toISOString();

const point = (minute: number, started: number, failures: number) =>
  ({
    time: at(minute),
    started,
    attempts_failed: failures,
    timed_out: 0,
    lost: 0,
    accepted: 0,
    resubmitted: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
  }) as Point;

describe('a job type that needs attention', () => {
  it('has failed since its last success, whatever the order of the points', () => {
    const points = [point(15, 20, 18), point(0, 40, 30), point(5, 40, 0), point(10, 20, 20)];
    expect(failingTypes([{ name: 'resize', points }])).toEqual([
      { type: 'resize', since: at(10), failed: 38, attempts: 40 },
    ]);
  });

  it('is not one whose latest attempts succeeded, or with only one failure in twenty', () => {
    const mended = { name: 'charge', points: [point(0, 10, 10), point(5, 10, 0)] };
    const fine = { name: 'mail', points: [point(0, 20, 1)] };
    expect(failingTypes([mended, fine, { name: 'idle', points: [] }])).toEqual([]);
  });
});

it('the chart has a point for every period, even without jobs', () => {
  const steps = filled([point(5, 1, 0)], { from: at(0), to: at(15), step: 300 });
  expect(steps.map(({ point: each }) => each !== undefined)).toEqual([false, true, false]);
});

it('failures are found by the longest text that they share', () => {
  expect(sharedPart('The card of order … was declined: no funds')).toBe('was declined: no funds');
  expect(sharedPart('…')).toBe('');
});
