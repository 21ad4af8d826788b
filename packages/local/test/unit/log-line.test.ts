import { describe, expect, it } from '@jest/globals';
import { readableLogLine } from '../../src/log-line.ts';

const FUNCTION = 'Errand-ErrandWorkerFunction68675560';

describe('a line in a function’s log', () => {
  it('shows its time, its function, its message and its fields', () => {
    const line = JSON.stringify({
      timestamp: '2026-11-22T01:05:35.862Z',
      level: 'INFO',
      requestId: '0eb1e808',
      message: { message: 'The attempt starts.', type: 'sleep', attempt: 1 },
    });
    expect(readableLogLine(FUNCTION, line)).toBe(
      '01:05:35 ErrandWorkerFunction  The attempt starts. type=sleep attempt=1',
    );
  });

  it('shows its level unless the level is INFO', () => {
    const line = JSON.stringify({ timestamp: '2026-11-22T01:05:35.862Z', level: 'ERROR', message: 'gone' });
    expect(readableLogLine(FUNCTION, line)).toBe('01:05:35 ERROR ErrandWorkerFunction  gone');
  });

  it('omits the part of the stack ID at the end of the log group’s name', () => {
    const group = '/aws/vendedlogs/Errand-ErrandApiAccessLogs1A2B3C4D-5f0c9a1e';
    expect(readableLogLine(group, '{"status":201}')).toBe('ErrandApiAccessLogs  {"status":201}');
  });

  it.each(['plain text', '{"not": "a log line"}', '{broken'])('stays unchanged if it is "%s"', (line) => {
    expect(readableLogLine(FUNCTION, line)).toBe(`ErrandWorkerFunction  ${line}`);
  });
});
