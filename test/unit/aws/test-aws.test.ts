import { describe, expect, it } from '@jest/globals';
import { initDuration, type Measurements } from '../../aws/measure.ts';
import { reportText } from '../../aws/report.ts';
import { readWords } from '../../aws/words.ts';

describe('the options of npm run test:aws', () => {
  it.each<[string, string[], RegExp]>([
    ['no profile', [], /--profile is missing/],
    [
      'a profile and an endpoint',
      ['--profile', 'x', '--endpoint', 'http://127.0.0.1:1'],
      /exclude each other/,
    ],
    ['an endpoint that is not a URL', ['--endpoint', 'localhost'], /--endpoint is "localhost"/],
    [
      'a setting without a value',
      ['--profile', 'x', '--setting', 'JOB_PREFETCH'],
      /--setting is "JOB_PREFETCH"/,
    ],
    [
      'a setting that the test depends on',
      ['--profile', 'x', '--setting', 'DELETION_PROTECTION=true'],
      /DELETION_PROTECTION can't be changed/,
    ],
    ['a pause that is too long', ['--profile', 'x', '--pause-minutes', '90'], /from 0 to 60/],
    [
      'a report of an emulator among the documents',
      ['--endpoint', 'http://127.0.0.1:1', '--report', 'docs/reference/aws-measurements.md'],
      /say nothing about AWS/,
    ],
  ])('refuse %s', (_problem, words, message) => {
    expect(() => readWords(words)).toThrow(message);
  });

  it('write the measurements of AWS to docs/reference, and those of an emulator elsewhere', () => {
    expect(readWords(['--profile', 'x']).report).toMatch(/docs\/reference\/aws-measurements\.md$/);
    expect(readWords(['--endpoint', 'http://127.0.0.1:1']).report).not.toContain('docs/reference');
  });

  it('pass settings to the stack', () => {
    const words = readWords(['--profile', 'x', '--setting', 'JOB_PREFETCH=4', '--setting', 'JOBS=a=b']);
    expect(words.settings).toEqual({ JOB_PREFETCH: '4', JOBS: 'a=b' });
  });
});

describe('the Init Duration in the log of an invocation', () => {
  it('is read from the text of a REPORT line', () => {
    const log =
      'REPORT RequestId: 8f5\tDuration: 2.10 ms\tMax Memory Used: 90 MB\tInit Duration: 187.34 ms\t\n';
    expect(initDuration(log)).toBe(187.34);
  });

  // See platform.report in https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.
  it('is read from JSON', () => {
    const metrics = { durationMs: 2.1, billedDurationMs: 190, memorySizeMB: 1024, initDurationMs: 187.34 };
    const log = JSON.stringify({ type: 'platform.report', record: { requestId: '8f5', metrics } });
    expect(initDuration(log)).toBe(187.34);
  });

  it('is undefined if the function was warm', () => {
    expect(initDuration('REPORT RequestId: 8f5\tDuration: 2.10 ms\t')).toBeUndefined();
  });
});

describe('the report', () => {
  const times = { p50: 21.4, p99: 104.6, count: 500 };
  const measurements: Measurements = {
    dataApi: times,
    coldStarts: { api: times, worker: undefined },
    submission: times,
    submitToSuccess: times,
    resume: 15_430,
  };
  const facts = { region: 'eu-central-1', date: '2026-11-28', commit: 'abc1234', pauseMinutes: 15 };

  it('of AWS names the region, the date and the commit', () => {
    const text = reportText(measurements, { ...facts, endpoint: undefined });
    expect(text).toContain('Measured in AWS, in eu-central-1, on 2026-11-28, at commit abc1234');
    expect(text).toContain('from a Lambda function of 1,024 MB | 21 | 105 | 500 |');
    expect(text).toContain('cold start of the worker (Init Duration) | not reported | not reported | 0 |');
    expect(text).toContain('The first statement after a pause took 15.4 s.');
  });

  it('of an emulator says that its figures say nothing about AWS', () => {
    const text = reportText(measurements, { ...facts, endpoint: 'http://127.0.0.1:4566' });
    expect(text).toContain('these figures say nothing about AWS');
    expect(text).not.toContain('Measured in AWS,');
  });

  it('reports if the database did not pause', () => {
    const text = reportText({ ...measurements, resume: undefined }, { ...facts, endpoint: undefined });
    expect(text).toContain('did not pause within 15 minutes');
  });
});
