import type { MutantGroup } from '../mutant.ts';

const ACTIVITY = 'test/unit/adapters/activity.test.ts';
const SECRETS = 'test/unit/adapters/secret-reader.test.ts';
const DEADLINE = 'test/unit/deadline.test.ts';

export const ACTIVITY_MARKS: MutantGroup = {
  file: 'lambdas/adapters/dynamodb/activity.ts',
  tests: [ACTIVITY],
  mutants: [
    {
      name: 'an instance whose clock was moved back marks no activity',
      text: 'if (at >= markedAt && at - markedAt < MARK_INTERVAL_MS) return;',
      instead: 'if (at - markedAt < MARK_INTERVAL_MS) return;',
    },
    {
      name: 'every request marks activity',
      text: 'if (at >= markedAt && at - markedAt < MARK_INTERVAL_MS) return;',
      instead: '',
    },
    {
      name: 'a mark that failed counts as written',
      text: '      await write(client, tableName, { active_at: at });\n      markedAt = at;\n',
      instead: '      markedAt = at;\n      await write(client, tableName, { active_at: at });\n',
    },
    {
      name: 'the sweeper trusts a check in the future',
      text: ' && settledAt <= moment;',
      instead: ';',
    },
    {
      name: 'the sweeper stops as soon as a check is later than the last mark',
      text: 'settledAt >= activeAt + MARK_COVERS_MS',
      instead: 'settledAt >= activeAt',
    },
    {
      name: 'the sweeper misses the time at which the next job is due',
      text: 'mayHaveWork: !isSettled || moment >= dueAt,',
      instead: 'mayHaveWork: !isSettled,',
    },
    {
      name: 'a check without a due job keeps the due time of the last check',
      text: "else await write(client, tableName, settled, 'due_at');",
      instead: 'else await write(client, tableName, settled);',
    },
  ],
};

export const CACHED_SECRETS: MutantGroup = {
  file: 'lambdas/adapters/secret-reader.ts',
  tests: [SECRETS],
  mutants: [
    {
      name: 'a secret is cached for longer if the clock was moved back',
      text: 'cached && moment >= cached.readAt && moment',
      instead: 'cached && moment',
    },
    {
      name: 'a secret is cached forever',
      text: ' && moment - cached.readAt < CACHE_MS',
      instead: '',
    },
    {
      name: 'a failed read of a secret is cached',
      text: '      cached = undefined;\n',
      instead: '',
    },
  ],
};

export const DEADLINES: MutantGroup = {
  file: 'lambdas/deadline.ts',
  tests: [DEADLINE],
  mutants: [
    {
      name: 'the remaining time of an invocation follows the time of day',
      text: 'return () => endsAt - performance.now();',
      instead: 'return () => context.getRemainingTimeInMillis();',
    },
    {
      name: 'the remaining time of an invocation stays the same',
      text: 'return () => endsAt - performance.now();',
      instead: 'const left = endsAt - performance.now();\n  return () => left;',
    },
  ],
};
