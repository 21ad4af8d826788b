import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readEmbeddedMetrics } from '../../../src/cloudwatch/emf.ts';

/** Returns a line in embedded metric format with one metric, and with these changes. */
function line(change: { root?: object; directive?: object; metric?: object; aws?: object } = {}): string {
  const metric = { Name: 'time', Unit: 'Milliseconds', StorageResolution: 60, ...change.metric };
  const directive = {
    Namespace: 'shop',
    Dimensions: [['functionVersion']],
    Metrics: [metric],
    ...change.directive,
  };
  return JSON.stringify({
    _aws: { Timestamp: 1_574_109_732_004, CloudWatchMetrics: [directive], ...change.aws },
    functionVersion: '$LATEST',
    time: 100,
    requestId: '989ffbf8-9ace-4817-a57c-e4dd734019ee',
    ...change.root,
  });
}

const problemsOf = (text: string) => readEmbeddedMetrics(text)?.problems;

describe('a line in embedded metric format', () => {
  it('holds metrics, each with the dimension sets of its directive', () => {
    const directive = { Dimensions: [['functionVersion'], []] };
    expect(readEmbeddedMetrics(line({ directive, root: { time: [1, 2.5] } }))).toEqual({
      time: 1_574_109_732_004,
      metrics: [
        {
          namespace: 'shop',
          name: 'time',
          unit: 'Milliseconds',
          values: [1, 2.5],
          dimensionSets: [{ functionVersion: '$LATEST' }, {}],
        },
      ],
      properties: { functionVersion: '$LATEST', requestId: '989ffbf8-9ace-4817-a57c-e4dd734019ee' },
      problems: [],
    });
  });

  it('has the unit None unless it specifies one', () => {
    expect(readEmbeddedMetrics(line({ metric: { Unit: undefined } }))?.metrics[0]?.unit).toBe('None');
  });

  it.each<[problem: string, change: Parameters<typeof line>[0]]>([
    ['_aws.Timestamp must be a whole number of milliseconds since 1970', { aws: { Timestamp: '1' } }],
    ['_aws.CloudWatchMetrics must be a list', { aws: { CloudWatchMetrics: {} } }],
    [
      '_aws.CloudWatchMetrics[0].Namespace must be a string of 1 to 1024 characters',
      { directive: { Namespace: '' } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Dimensions must be a non-empty list of lists of names',
      { directive: { Dimensions: [] } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Dimensions[0] must be a list of at most 30 names',
      { directive: { Dimensions: ['a'] } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Dimensions[0] names page, which must be a member of the line, with a string of 1 to 1024 characters',
      { directive: { Dimensions: [['page']] } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Metrics must be a list of at most 100 metrics',
      { directive: { Metrics: {} } },
    ],
    ['_aws.CloudWatchMetrics[0].Metrics[0].Name must be a string', { metric: { Name: 1 } }],
    [
      '_aws.CloudWatchMetrics[0].Metrics[0].Unit is "Hours", which is not a CloudWatch unit',
      { metric: { Unit: 'Hours' } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Metrics[0].StorageResolution must be 1 or 60',
      { metric: { StorageResolution: 5 } },
    ],
    [
      '_aws.CloudWatchMetrics[0].Metrics[0].Name is time, which must be a member of the line, with a number or a list of at most 100 numbers',
      { root: { time: Array.from({ length: 101 }, () => 1) } },
    ],
  ])('has a problem: %s', (problem, change) => {
    expect(problemsOf(line(change))).toEqual([problem]);
    expect(readEmbeddedMetrics(line(change))?.metrics).toEqual([]);
  });

  it('is not confused with other lines', () => {
    for (const other of [
      '',
      'hello "_aws"',
      '{"_aws"',
      '["_aws"]',
      '{"a":"_aws"}',
      '{"message":{"_aws":{}}}',
    ])
      expect(readEmbeddedMetrics(other)).toBeUndefined();
  });

  it('never throws when it is parsed, whatever its members are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (_aws, time) => {
        const read = readEmbeddedMetrics(JSON.stringify({ _aws, time }));
        expect(read).toBeDefined();
      }),
    );
  });
});
