import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../bin/command-line/program.ts';
import type { Schema } from 'errand-client';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  // With the settings of documents.test.ts, so that they share one assembly.
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: 'example.com' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function errand(words: string[]): Promise<{ code: number; output: string; messages: string }> {
  const ended = { code: 0, output: '', messages: '' };
  await runCommand(words, {
    environment: { ERRAND_URL: cloud.api.url },
    output: (answer) => (ended.output += `${answer}\n`),
    messages: { write: (line) => (ended.messages += line) },
    readInput: () => Promise.resolve(''),
    setExitCode: (code) => (ended.code = code),
  });
  return ended;
}

describe('errand webhook-key', () => {
  const keyOf = async (words: string[]): Promise<Schema<'WebhookKey'>> => {
    const { code, output, messages } = await errand(['--json', 'webhook-key', ...words]);
    expect({ code, messages }).toEqual({ code: 0, messages: '' });
    return JSON.parse(output) as Schema<'WebhookKey'>;
  };

  it('shows the key, rotates it, and rotates no second time by mistake', async () => {
    const first = await keyOf([]);
    expect(first).toMatchObject({ generation: 1, previous_until: null });
    const { output } = await errand(['webhook-key']);
    expect(output).toContain(first.key);

    const second = await keyOf(['rotate', '--overlap', '1h']);
    expect(second).toMatchObject({ generation: 2 });
    expect(Date.parse(second.previous_until ?? '') - Date.parse(second.rotate_time ?? '')).toBe(3_600_000);
    // The same again, as by somebody who never saw the answer.
    const again = await errand(['webhook-key', 'rotate']);
    expect(again).toMatchObject({ code: 2, output: '' });
    expect(again.messages).toMatch(/the key was rotated at .* --generation 1 .* --generation 2/);
    expect(await keyOf([])).toEqual(second);

    expect(await keyOf(['rotate', '--generation', '1', '--overlap', '0s'])).toEqual({
      ...second,
      previous_until: null,
    });
    expect(await keyOf(['rotate'])).toMatchObject({ generation: 3 });
    expect(await keyOf(['rotate', '--generation', '3'])).toMatchObject({ generation: 4 });
  });

  it.each([
    ['a generation long gone', ['--generation', '1'], /can't be replaced.* \(409\)/],
    ['an overlap that is no time', ['--overlap', '1'], /It must be a number with a unit/],
    [
      'an overlap of a month',
      ['--generation', '4', '--overlap', '30d'],
      /overlap_seconds: must be a whole number/,
    ],
  ])('refuses %s', async (_what, words, message) => {
    const { code, output, messages } = await errand(['webhook-key', 'rotate', ...words]);
    expect(messages).toMatch(message);
    expect({ code, output }).toEqual({ code: 2, output: '' });
  });
});
