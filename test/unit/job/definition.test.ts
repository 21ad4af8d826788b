import { describe, expect, it } from '@jest/globals';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { jsonSchemaOf } from '../../../lambdas/job/definition-schemas.ts';
import {
  isJobDefinition,
  job,
  type JobDefinition,
  type JobOptions,
} from '../../../lambdas/job/definition.ts';

const payload = z.object({ image: z.string(), width: z.int().max(4000) });
const run = (): null => null;

describe('job', () => {
  it('fills in the defaults', () => {
    expect(job('resize', { payload, run })).toMatchObject({
      name: 'resize',
      queue: 'default',
      retry: { attempts: 2, baseSeconds: 5, capSeconds: 300, onTimeout: false },
      timeoutSeconds: undefined,
    });
  });

  it('keeps a priority and limits with the API’s names', () => {
    const { flow } = job('resize', {
      payload,
      run,
      priority: 0,
      concurrency: { key: 'payload.image', limit: 2 },
      rateLimit: { key: 'resize', limit: 10, perSeconds: 60 },
    });
    expect(flow).toEqual({
      priority: 0,
      concurrency: { key: 'payload.image', limit: 2 },
      rate_limit: { key: 'resize', limit: 10, per_seconds: 60, burst: 1 },
    });
  });

  it.each<[string, Partial<JobOptions<typeof payload, null>>]>([
    ['the smallest numbers', { retry: { attempts: 1, baseSeconds: 0, capSeconds: 0 }, timeoutSeconds: 1 }],
    [
      'the largest numbers',
      { retry: { attempts: 20, baseSeconds: 900, capSeconds: 900 }, timeoutSeconds: 900 },
    ],
    ['the shortest duration', { maxDurationSeconds: 1 }],
    ['a year as its duration', { maxDurationSeconds: 31_536_000 }],
    ['a retry after a timeout', { retry: { onTimeout: true } }],
    ['the version that it began in', { versioning: 'pinned' }],
    ['signals with schemas', { signals: { 'go.on': payload } }],
    ['only a priority', { priority: 9 }],
    ['removed limits', { concurrency: null, rateLimit: null }],
  ])('may have %s', (_, options) => {
    const { flow, ...definition } = job('resize', { payload, run, ...options });
    const { retry, priority, concurrency, rateLimit, ...others } = options;
    expect(definition).toMatchObject({ ...others, retry: { ...definition.retry, ...retry } });
    const isFlowGiven = [priority, concurrency, rateLimit].some((option) => option !== undefined);
    expect(flow).toEqual(isFlowGiven ? { priority: priority ?? 5 } : undefined);
  });

  it.each([
    ['a name with a space', 'two words', {}, /job name "two words" is invalid\. Use 1 to 64 letters/],
    ['a queue with a slash', 'resize', { queue: 'a/b' }, /job "resize": queue is "a\/b"/],
    [
      'no attempt',
      'resize',
      { retry: { attempts: 0 } },
      /retry\.attempts is 0\. Use a whole number from 1 to 20/,
    ],
    ['half an attempt', 'resize', { retry: { attempts: 1.5 } }, /retry\.attempts is 1\.5/],
    [
      'a back-off beyond SQS',
      'resize',
      { retry: { capSeconds: 901 } },
      /retry\.capSeconds is 901\. Use seconds from 0 to 900/,
    ],
    ['too many attempts', 'resize', { retry: { attempts: 21 } }, /retry\.attempts is 21/],
    ['a first back-off beyond SQS', 'resize', { retry: { baseSeconds: 901 } }, /retry\.baseSeconds is 901/],
    ['a back-off in words', 'resize', { retry: { baseSeconds: '5' } }, /retry\.baseSeconds is "5"/],
    ['a negative cap', 'resize', { retry: { capSeconds: -1 } }, /retry\.capSeconds is -1/],
    [
      'no answer to timeouts',
      'resize',
      { retry: { onTimeout: 1 } },
      /retry\.onTimeout is 1\. Use true or false/,
    ],
    ['no time', 'resize', { timeoutSeconds: 0 }, /timeoutSeconds is 0\. Use a whole number from 1 to 900/],
    ['no duration', 'resize', { maxDurationSeconds: 0 }, /maxDurationSeconds is 0/],
    [
      'another version',
      'resize',
      { versioning: 'newest' },
      /versioning is "newest"\. Use 'latest' or 'pinned'/,
    ],
    ['a payload of null', 'resize', { payload: null }, /payload is null\. Use a Standard Schema/],
    ['signals of null', 'resize', { signals: null }, /signals is null\. Use an object with a schema/],
    ['signals in words', 'resize', { signals: 'go' }, /signals is "go"\. Use an object with a schema/],
    ['a negative back-off', 'resize', { retry: { baseSeconds: -1 } }, /retry\.baseSeconds is -1/],
    ['a timeout beyond Lambda', 'resize', { timeoutSeconds: 901 }, /timeoutSeconds is 901/],
    [
      'a payload that is no schema',
      'resize',
      { payload: { image: 'string' } },
      /payload is .*\. Use a Standard Schema/,
    ],
    ['a priority beyond 9', 'resize', { priority: 10 }, /priority is 10\. Use a whole number from 0 to 9/],
    [
      'an empty key',
      'resize',
      { concurrency: { key: '', limit: 1 } },
      /concurrency\.key is ""\. Use a string of 1/,
    ],
    ['no running job', 'resize', { concurrency: { key: 'a', limit: 0 } }, /concurrency\.limit is 0/],
    [
      'a burst above its limit',
      'resize',
      { rateLimit: { key: 'a', limit: 2, perSeconds: 1, burst: 3 } },
      /rateLimit\.burst is 3\. Use a whole number from 1 to 2/,
    ],
    [
      'a rate without a period',
      'resize',
      { rateLimit: { key: 'a', limit: 2 } },
      /rateLimit\.perSeconds is undefined/,
    ],
    [
      'a duration beyond a year',
      'resize',
      { maxDurationSeconds: 31_536_001 },
      /maxDurationSeconds is 31536001\. Use a whole number from 1 to 31536000/,
    ],
    [
      'signals that are a list',
      'resize',
      { signals: [payload] },
      /signals is .*\. Use an object with a schema/,
    ],
    [
      'a signal without a schema',
      'resize',
      { signals: { go: true } },
      /signals\.go is true\. Use a Standard/,
    ],
    [
      'a signal whose name has a space',
      'resize',
      { signals: { 'go on': payload } },
      /the name of a signal is "go on"\. Use 1 to 64 letters/,
    ],
    ['no function', 'resize', { run: undefined }, /run is undefined\. Use a function/],
  ])('refuses %s, with the option’s name', (_, name, options: object, message) => {
    expect(() => job(name, { payload, run, ...options })).toThrow(message);
  });
});

describe('isJobDefinition', () => {
  it('recognizes a definition made by another copy of the module', async () => {
    const url = new URL('../../../lambdas/job/definition.ts', import.meta.url);
    const other = (await import(`${url.href}?copy`)) as { job: typeof job };
    expect(other.job).not.toBe(job);
    expect(isJobDefinition(other.job('resize', { payload, run }))).toBe(true);
  });

  it.each([[null], [undefined], ['resize'], [{ name: 'resize', payload, run }], [run]])(
    'refuses %p',
    (value) => {
      expect(isJobDefinition(value)).toBe(false);
    },
  );
});

describe('jsonSchemaOf', () => {
  const payloadJsonSchema = ({ payload: schema, toJsonSchema }: JobDefinition) =>
    jsonSchemaOf(schema, toJsonSchema);
  const expected = {
    type: 'object',
    properties: { image: { type: 'string' }, count: { type: 'number' } },
    required: ['image', 'count'],
  };

  it.each([
    ['Zod', z.object({ image: z.string(), count: z.number() })],
    ['Valibot', toStandardJsonSchema(v.object({ image: v.string(), count: v.number() }))],
    ['ArkType', type({ image: 'string', count: 'number' })],
  ])('describes a schema of %s', (_, schema) => {
    const described = payloadJsonSchema(job('resize', { payload: schema, run }));
    expect({ ...described, required: [...(described.required as string[])].sort().reverse() }).toMatchObject(
      expected,
    );
  });

  it('describes what clients send, before defaults are filled in', () => {
    const schema = z.object({ width: z.number().default(800) });
    expect(payloadJsonSchema(job('resize', { payload: schema, run }))).not.toHaveProperty('required');
  });

  it('accepts toJsonSchema of a library without Standard JSON Schema', () => {
    const schema = mini.object({ image: mini.string() });
    const definition = job('resize', { payload: schema, toJsonSchema: (each) => z.toJSONSchema(each), run });
    expect(payloadJsonSchema(definition)).toMatchObject({ properties: { image: { type: 'string' } } });
    expect(() => payloadJsonSchema(job('resize', { payload: schema, run }))).toThrow(
      'this zod schema has no Standard JSON Schema',
    );
  });
});
