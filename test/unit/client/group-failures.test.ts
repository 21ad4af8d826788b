import { expect, it } from '@jest/globals';
import { groupFailures } from 'errand-client';

let made = 0;

function failed(type: string, message: string | null, minute = 0) {
  made += 1;
  const end_time = `2030-01-31T12:${String(minute).padStart(2, '0')}:00.000Z`;
  return { job_id: `job-${made}`, type, message, end_time };
}

it('failures are grouped by type and message, the largest group first, then the one that failed last', () => {
  const [declined, missing, last, other] = [
    failed('charge', 'card declined', 3),
    failed('resize', 'no such image', 4),
    failed('charge', 'no such image', 5),
    failed('resize', 'no such image', 2),
  ] as const;
  expect(groupFailures([declined, missing, last, other])).toEqual([
    { type: 'resize', pattern: 'no such image', count: 2, first: other, last: missing },
    { type: 'charge', pattern: 'no such image', count: 1, first: last, last },
    { type: 'charge', pattern: 'card declined', count: 1, first: declined, last: declined },
  ]);
});

it.each([
  ['numbers', 'order 7 has 2 items', 'order 19 has 12 items', 'order … has … items'],
  [
    'addresses',
    'connect ECONNREFUSED 10.0.0.1:5432',
    'connect ECONNREFUSED 10.0.0.2:5432',
    'connect ECONNREFUSED …',
  ],
  ['URLs', 'GET https://a.example/1 got 503', 'GET https://b.example/two got 502', 'GET … got …'],
  [
    'UUIDs',
    'no user 01a21f95-2c54-7560-b2ae-cdf461541283',
    'no user 01A21F95-2C54-7560-B2AE-CDF461541284',
    'no user …',
  ],
  [
    'ids with digits',
    'the card of ord-7104 was declined',
    'the card of a2b was declined',
    'the card of … was declined',
  ],
  ['quoted values', 'user "Ada" is unknown', 'user "Grace Hopper" is unknown', 'user … is unknown'],
  ['their later lines', 'bad row\n    at one', 'bad row\n    at two', 'bad row'],
])('messages that differ only in %s are in one group', (_what, one, other, pattern) => {
  expect(groupFailures([failed('t', one, 1), failed('t', other, 2)])).toMatchObject([
    { count: 2, pattern, last: { message: other } },
  ]);
});

it('messages that differ in words are in separate groups, even if the words consist of hexadecimal letters', () => {
  const messages = ['a facade failed', 'a defaced facade failed', null];
  expect(groupFailures(messages.map((message) => failed('t', message)))).toHaveLength(3);
});

it('jobs with an empty message and jobs without a message are in one group without a pattern', () => {
  expect(groupFailures(['', null].map((message) => failed('t', message)))).toMatchObject([
    { count: 2, pattern: null },
  ]);
});

it('grouping is fast for a long message with many hyphens', () => {
  const groupsOf = (length: number): number => {
    const before = process.threadCpuUsage();
    expect(groupFailures([failed('t', 'a-'.repeat(length / 2))])).toHaveLength(1);
    return process.threadCpuUsage(before).user / 1000;
  };
  groupsOf(1_000);
  const short = groupsOf(20_000);
  // This message is ten times as long, so a quadratic algorithm would need a hundred times the time.
  expect(groupsOf(200_000)).toBeLessThan(30 * Math.max(short, 5));
});
