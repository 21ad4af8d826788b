import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { nextOfCron, readCron } from '../../../lambdas/schedule-expression/cron.ts';
import { momentOf, requireZone, wallClockAt } from '../../../lambdas/schedule-expression/zone.ts';

/** Returns the expression's next times after a time, in ISO 8601. */
function timesOf(expression: string, zone: string, after: string, count: number): string[] {
  const cron = readCron(expression);
  const times: string[] = [];
  for (let moment = Date.parse(after); times.length < count;) {
    const next = nextOfCron(cron, zone, moment);
    if (next === undefined) break;
    times.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    moment = next;
  }
  return times;
}

describe('a cron expression', () => {
  it.each([
    ['0 9 ? * MON-FRI *', ['2026-01-05T09:00Z', '2026-01-06T09:00Z']],
    ['0 9 ? * 2-6 *', ['2026-01-05T09:00Z', '2026-01-06T09:00Z']],
    ['0/15 8 1 * ? *', ['2026-02-01T08:00Z', '2026-02-01T08:15Z', '2026-02-01T08:30Z']],
    ['*/30 * * * ? *', ['2026-01-03T00:30Z', '2026-01-03T01:00Z']],
    ['5-20/10 0 ? * SUN *', ['2026-01-04T00:05Z', '2026-01-04T00:15Z', '2026-01-11T00:05Z']],
    ['0 0 L * ? *', ['2026-01-31T00:00Z', '2026-02-28T00:00Z']],
    ['0 0 LW * ? *', ['2026-01-30T00:00Z', '2026-02-27T00:00Z']],
    ['0 0 15W * ? *', ['2026-01-15T00:00Z', '2026-02-16T00:00Z']],
    ['0 0 ? * L *', ['2026-01-10T00:00Z', '2026-01-17T00:00Z']],
    ['0 0 ? * 6L *', ['2026-01-30T00:00Z', '2026-02-27T00:00Z']],
    ['0 0 ? * FRI#2 *', ['2026-01-09T00:00Z', '2026-02-13T00:00Z']],
    ['0 0 ? * 1#1 *', ['2026-01-04T00:00Z', '2026-02-01T00:00Z']],
    ['0 0 29 FEB ? *', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 1 JAN ? 2027,2029', ['2027-01-01T00:00Z', '2029-01-01T00:00Z']],
  ])('%s fires at AWS’s times', (expression, times) => {
    expect(timesOf(expression, 'UTC', '2026-01-03T00:00:00Z', times.length)).toEqual(times);
  });

  it.each([
    ['0 0 1 1 ? 2020', 'in a year that has passed'],
    ['0 0 30 2 ? *', 'on a day that does not exist'],
  ])('%s, %s, has no next time', (expression) => {
    expect(timesOf(expression, 'UTC', '2026-01-03T00:00:00Z', 1)).toEqual([]);
  });

  it('skips a time that does not exist because clocks are put forward', () => {
    const times = timesOf('30 2 * * ? *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3);
    expect(times).toEqual(['2026-03-28T01:30Z', '2026-03-30T00:30Z', '2026-03-31T00:30Z']);
  });

  it('fires only once at a time that occurs twice because clocks are put back', () => {
    const times = timesOf('30 2 * * ? *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2);
    expect(times).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
  });

  it('uses the first of the two hours, even when it is evaluated within the second', () => {
    expect(timesOf('*/30 * * * ? *', 'America/New_York', '2026-11-01T05:15:00Z', 3)).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-01T07:00Z',
      '2026-11-01T07:30Z',
    ]);
    expect(timesOf('*/30 * * * ? *', 'America/New_York', '2026-11-01T06:10:00Z', 1)).toEqual([
      '2026-11-01T07:00Z',
    ]);
  });

  it('matches local time in any zone at each of its times, which are increasing', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
        (zone, minute, hour, after) => {
          const next = nextOfCron(readCron(`${minute} ${hour} * * ? *`), zone, after.getTime()) ?? NaN;
          expect(next).toBeGreaterThan(after.getTime());
          const shown = new Date(wallClockAt(next, zone));
          expect([shown.getUTCHours(), shown.getUTCMinutes()]).toEqual([hour, minute]);
          // The expression fires daily, so the next time is about a day away at most, or two days if a clock change skips one firing.
          expect(next - after.getTime()).toBeLessThanOrEqual(49 * 3_600_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('an invalid cron expression is refused with the invalid field', () => {
  it.each([
    ['0 9 ? * MON-FRI', 'has 5 fields'],
    ['', 'has 0 fields'],
    ['60 9 ? * MON *', 'field 1 (minutes): "60" is out of range; it must be from 0 to 59'],
    ['0 24 ? * MON *', 'field 2 (hours): "24"'],
    ['0 9 32 * ? *', 'field 3 (day of month): "32"'],
    ['0 9 32W * ? *', 'field 3 (day of month): "32W"'],
    ['0 9 1 FOO ? *', 'field 4 (month): "FOO" is not understood'],
    ['0 9 ? * 0 *', 'field 5 (day of week): "0" is out of range; it must be from 1 to 7'],
    ['0 9 ? * FRI-MON *', 'field 5 (day of week): "FRI-MON" runs backwards'],
    ['0 9 ? * FRI#6 *', 'field 5 (day of week): "FRI#6"'],
    ['0 9 ? * MON 1969', 'field 6 (year): "1969"'],
    ['? 9 ? * MON *', 'field 1 (minutes) must not be ?'],
    ['0 9 * * * *', 'exactly one of them must be ?'],
    ['0 9 ? * ? *', 'exactly one of them must be ?'],
    ['0/0 9 ? * MON *', 'field 1 (minutes): "0/0"'],
    ['/5 9 ? * MON *', 'field 1 (minutes): ""'],
    ['1,,2 9 ? * MON *', 'field 1 (minutes): ""'],
  ])('%s', (expression, message) => {
    expect(() => readCron(expression)).toThrow(message);
  });

  it('any string is either parsed or refused with an ExpressionError', () => {
    const piece = fc.constantFrom('*', '?', '0', '5', '31', 'L', 'W', '#', '/', '-', ',', 'MON', 'x', '2026');
    const field = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(field, { minLength: 5, maxLength: 7 }), (fields) => {
        try {
          nextOfCron(readCron(fields.join(' ')), 'UTC', Date.parse('2026-01-01T00:00:00Z'));
        } catch (error) {
          expect(error).toMatchObject({ name: 'ExpressionError' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a time zone', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1'])(
    '%s is accepted',
    (zone) => {
      expect(() => {
        requireZone(zone);
      }).not.toThrow();
    },
  );

  it.each(['+01:00', 'Mars/Olympus', '', 'Europe/Berlin; x'])('"%s" is refused', (zone) => {
    expect(() => {
      requireZone(zone);
    }).toThrow('is not an IANA time zone');
  });

  it('converts a time to local time and back, except in the hour that occurs twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
        (zone, date) => {
          const wallClock = wallClockAt(date.getTime(), zone);
          const moment = momentOf(wallClock, zone) ?? NaN;
          expect(wallClockAt(moment, zone)).toBe(wallClock);
          expect(date.getTime() - moment).toBeGreaterThanOrEqual(0);
          expect(date.getTime() - moment).toBeLessThanOrEqual(3_600_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the cache of time zones', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('contains a zone once, however its name is spelled', () => {
    const built = jest.spyOn(Intl, 'DateTimeFormat');
    const name = 'pacific/kiritimati';
    for (let at = 0; at < name.length; at += 1) {
      requireZone(name.slice(0, at) + name.slice(at).toUpperCase());
    }
    expect(built).toHaveBeenCalledTimes(1);
  });

  it('drops the least recently used zones', () => {
    const [often = '', once = '', ...others] = Intl.supportedValuesOf('timeZone');
    const built = jest.spyOn(Intl, 'DateTimeFormat');
    requireZone(once);
    for (const zone of others) {
      requireZone(often);
      requireZone(zone);
    }
    const before = built.mock.calls.length;
    requireZone(often);
    expect(built).toHaveBeenCalledTimes(before);
    requireZone(once);
    expect(built).toHaveBeenCalledTimes(before + 1);
  });
});
