import { expect, it } from '@jest/globals';
import { groupFailures } from '../../../bin/command-line/failure-groups.ts';

let made = 0;

function failed(type: string, message: string | null, minute = 0) {
  made += 1;
  return {
    job_id: `job-${made}`,
    type,
    message,
    end_time: `2030-01-31T12:${String(minute).padStart(2, '0')}:00.000Z`,
  };
}

it('groups by type and message, the largest group first', () => {
  const groups = groupFailures([
    failed('charge', 'card declined', 3),
    failed('resize', 'no such image', 4),
    failed('charge', 'no such image', 5),
    failed('resize', 'no such image', 2),
  ]);
  expect(groups.map(({ jobs, type, message }) => [jobs, type, message])).toEqual([
    [2, 'resize', 'no such image'],
    [1, 'charge', 'no such image'],
    [1, 'charge', 'card declined'],
  ]);
  expect(groups[0]).toMatchObject({
    firstTime: '2030-01-31T12:02:00.000Z',
    lastTime: '2030-01-31T12:04:00.000Z',
    lastJobId: 'job-2',
  });
});

it.each([
  ['numbers', 'order 17 has 2 items', 'order 9 has 12 items'],
  ['addresses', 'connect ECONNREFUSED 10.0.0.1:5432', 'connect ECONNREFUSED 10.0.0.2:5432'],
  ['UUIDs', 'no user 01a21f95-2c54-7560-b2ae-cdf461541283', 'no user 01A21F95-2C54-7560-B2AE-CDF461541284'],
  ['hexadecimal ids', 'commit deadbeef1 is gone', 'commit 0badcafe2 is gone'],
])('takes messages that differ in %s for one group, with the last message', (_what, one, other) => {
  expect(groupFailures([failed('t', one, 1), failed('t', other, 2)])).toMatchObject([
    { jobs: 2, message: other },
  ]);
});

it('keeps messages apart that differ in words, also in those of hexadecimal letters', () => {
  const messages = ['a facade failed', 'a defaced facade failed', null, ''];
  expect(groupFailures(messages.map((message) => failed('t', message)))).toHaveLength(4);
});
