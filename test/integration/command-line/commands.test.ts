import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createErrand } from 'errand-client';
import { runCommand } from '../../../bin/command-line/program.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandEnvironment } from '../../helpers/command-environment.ts';
import { commandsFor, type Ended } from '../../helpers/errand-command.ts';
import { freePort } from '../../helpers/free-port.ts';

const MAIN = path.resolve(import.meta.dirname, '../../../bin/command-line/main.ts');
const UNKNOWN = '01900000-0000-7000-8000-000000000000';

let cloud: Cloud;
let folder: string;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await cloud.end();
});

const { errand, job } = commandsFor(() => cloud.api.url);

/** Runs the `errand` command in a new process, as a user would. */
async function errandProcess(words: string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, ['-C', 'errand-source', MAIN, ...words], {
    env: commandEnvironment({ ERRAND_URL: cloud.api.url }),
  });
  child.stdin.end(input);
  const [output, messages, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, output, messages };
}

describe('errand submit', () => {
  it('accepts the type and the payload as arguments', async () => {
    const ended = await job(['submit', 'sleep', '{"seconds":0.1}', '--wait']);
    expect(ended).toMatchObject({ code: 0, job: { type: 'sleep', result: { slept: 0.1 } } });
  });

  it('waits for a success and exits with 0', async () => {
    const ended = await job(['submit', '--payload', '{"seconds":0.1}', '--object-id', '7', '--wait']);
    expect(ended).toMatchObject({
      code: 0,
      job: { status: 'success', object_id: '7', result: { slept: 0.1 } },
    });
  });

  it('waits for a failure and exits with 1', async () => {
    const slow = ['submit', '--payload', '{"seconds":9}', '--timeout', '1', '--max-attempts', '1', '--wait'];
    const ended = await job(slow, errandProcess);
    expect(ended).toMatchObject({ code: 1, job: { status: 'failed' } });
  });

  it('waits no longer than its timeout, and exits with 4', async () => {
    const ended = await job(['submit', '--delay', '600', '--wait', '0.2']);
    expect(ended).toMatchObject({ code: 4, job: { status: 'created' } });
  });

  it('reads the payload from a file, and from the standard input', async () => {
    const file = path.join(folder, 'payload.json');
    await writeFile(file, '{"seconds":0.25}');
    const late = ['submit', '--delay', '600', '--payload'];
    expect(await job([...late, `@${file}`])).toMatchObject({ code: 0, job: { payload: { seconds: 0.25 } } });
    const { output } = await errandProcess(['--json', ...late, '@-'], '{"seconds":0.5}');
    expect(JSON.parse(output)).toMatchObject({ payload: { seconds: 0.5 } });
  });

  it('with --debounce replaces the payload of the waiting job, which runs once', async () => {
    const submit = ['submit', '--object-id', 'debounced', '--debounce', '1s', '--payload'];
    const { job: first } = await job([...submit, '{"seconds":0.01}']);
    const { job: second } = await job([...submit, '{"seconds":0.02}', '--wait']);
    expect(second).toMatchObject({ job_id: first.job_id, status: 'success', result: { slept: 0.02 } });
  });
});

describe('errand submit --file', () => {
  const analyze = ['submit', '--type', 'analyze', '--payload', '{"patterns":["ERROR"]}', '--wait'];

  it.each([
    ['in the request, if it is small enough', 1_000],
    ['by an upload, if it is larger than a request can be', 400_000],
  ])('sends the file %s', async (_how, lines) => {
    const file = path.join(folder, `${lines}.log`);
    await writeFile(file, 'an ERROR now\n'.repeat(lines));
    const ended = await job([...analyze, '--file', file]);
    expect(ended).toMatchObject({
      code: 0,
      job: { status: 'success', result: { counts: { ERROR: lines }, lines, bytes: 13 * lines } },
    });
  });

  it('sends numbers and object ids unchanged', async () => {
    const file = path.join(folder, 'empty.log');
    await writeFile(file, '');
    const numbers = ['--object-id', '12', '--max-attempts', '3', '--timeout', '7'];
    expect(await job([...analyze, '--file', file, ...numbers])).toMatchObject({
      code: 0,
      job: { object_id: '12', max_attempts: 3, timeout_seconds: 7, result: { lines: 0, bytes: 0 } },
    });
  });
});

describe('errand schedule', () => {
  it('puts, shows, stops, starts, lists and deletes a schedule', async () => {
    const schedule = async (...words: string[]) => {
      const { code, output, messages } = await errand(['--json', 'schedule', ...words]);
      expect({ code, messages }).toEqual({ code: 0, messages: '' });
      return output === '' ? undefined : (JSON.parse(output) as Record<string, unknown>);
    };
    const when = ['--cron', '0 9 ? * MON-FRI *', '--timezone', 'Europe/Berlin', '--overlap', 'allow'];
    const what = ['--payload', '{"seconds":1}', '--max-attempts', '3', '--state', 'stopped'];
    expect(await schedule('put', 'daily', ...when, ...what)).toMatchObject({
      name: 'daily',
      cron: '0 9 ? * MON-FRI *',
      timezone: 'Europe/Berlin',
      overlap: 'allow',
      state: 'stopped',
      job: { type: 'sleep', payload: { seconds: 1 }, max_attempts: 3 },
    });
    expect(await schedule('start', 'daily')).toMatchObject({ state: 'started' });
    expect(await schedule('stop', 'daily')).toMatchObject({ state: 'stopped', next_time: null });
    expect(await schedule('start', '--all')).toMatchObject({ state: 'started', schedules: 1 });
    expect(await schedule('get', 'daily')).toMatchObject({ state: 'started' });
    expect((await errand(['schedule', 'list'])).output).toMatch(
      /^SCHEDULE +STATE +WHEN.*\ndaily +started +0 9 \? \* MON-FRI \* \(Europe\/Berlin\) +sleep/,
    );
    expect((await errand(['schedule', 'start', '--all'])).output).toMatch(
      /^started: 1\nsend-messages was not started: .*MESSAGES_URL/,
    );
    expect(await schedule('stop', '--all')).toMatchObject({ state: 'stopped', schedules: 2 });
    expect(await schedule('delete', 'daily')).toBeUndefined();
    expect((await errand(['schedule', 'get', 'daily'])).messages).toMatch(/no schedule daily. \(404\)/);
  });
});

describe('errand get, list, cancel, retry, wait', () => {
  it('follow one job', async () => {
    const { job: submitted } = await job(['submit', '--delay', '600', '--payload', '{"seconds":0}']);
    const { job_id: id } = submitted;
    expect(await job(['get', id])).toMatchObject({ code: 0, job: { job_id: id, status: 'created' } });
    expect(await job(['cancel', id])).toMatchObject({ code: 0, job: { status: 'canceled' } });
    expect(await job(['wait', id])).toMatchObject({ code: 3, job: { status: 'canceled' } });
    expect(await job(['retry', id])).toMatchObject({ code: 0, job: { job_id: id } });
    expect(await job(['wait', id, '--timeout', '20'])).toMatchObject({ code: 0, job: { status: 'success' } });
    expect(await job(['get', id])).toMatchObject({ code: 0, job: { status: 'success' } });
  });

  it('print a job line by line, and a page as a table', async () => {
    const { job_id: id } = await cloud.api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    expect((await errand(['get', id])).output).toMatch(/^status +created$/m);
    const { code, output } = await errand(['list', '--status', 'created', '--limit', '1']);
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^JOB +STATUS +TYPE.*\n${id} +created +sleep`));
    expect(output).toMatch(/^More: --cursor [\w-]{28}$/m);
  });
});

describe('a refusal of the API', () => {
  it('of one field is one line', async () => {
    expect(await errand(['submit', 'sleep', '{"seconds":"soon"}'])).toMatchObject({
      code: 2,
      messages: 'error: payload.seconds: Invalid input: expected number, received string (422)\n',
    });
  });

  it('of several fields has a line for each', async () => {
    expect(await errand(['submit', 'analyze', '{}'])).toMatchObject({
      code: 2,
      messages:
        'error: The request is not valid (422)\n' +
        '  payload.file: must be a file key: upload a file with POST /v1/uploads, or send it with the job\n' +
        '  payload.patterns: must be a list of strings\n',
    });
  });
});

describe('a command that fails exits with 2 and prints the reason', () => {
  const cases: [why: string, words: string[], message: RegExp][] = [
    ['an unknown command', ['sumbit'], /unknown command 'sumbit'/],
    ['an unknown option', ['list', '--nope'], /unknown option '--nope'/],
    ['two types', ['submit', 'sleep', '--type', 'sleep'], /the type is given twice/],
    ['two payloads', ['submit', 'sleep', '{}', '--payload', '{}'], /the payload is given twice/],
    ['a value that is not a number', ['submit', '--delay', 'soon'], /--delay.*must be a number/],
    ['a duration with an unknown unit', ['submit', '--debounce', '5x'], /--debounce.*90s, 30m, 24h or 7d/],
    [
      'a debounce-max without debounce',
      ['submit', '--debounce-max', '5s'],
      /--debounce-max requires --debounce/,
    ],
    [
      'two times at once',
      ['submit', '--delay', '1', '--run-at', '2030-01-01T00:00:00Z'],
      /cannot be used with/,
    ],
    ['a payload that is not JSON', ['submit', '--payload', '{'], /--payload must be JSON/],
    ['a missing payload file', ['submit', '--payload', '@/nowhere'], /\/nowhere can't be read: ENOENT/],
    ['metadata without a value', ['list', '--metadata', 'acme'], /It must be key=value/],
    [
      'two beginnings',
      ['list', '--since', '1h', '--created-after', '2030-01-01T00:00:00Z'],
      /cannot be used with/,
    ],
    [
      'a cursor of another list',
      ['list', '--cursor', 'A'.repeat(28)],
      /cursor: belongs to a list with another order/,
    ],
    ['a job that does not exist', ['get', UNKNOWN], /There is no job .* \(404\)/],
    ['an invalid field', ['submit', '--payload', '{"second":1}'], /payload\.second: is not a known field/],
    [
      'a field of another type',
      ['submit', 'sleep', '{"seconds":"soon"}'],
      /payload\.seconds: Invalid input: expected number, received string/,
    ],
    ['a missing file', ['submit', '--file', '/nowhere'], /--file \/nowhere can't be read: ENOENT/],
    ['a file that is a folder', ['submit', '--file', '/'], /--file \/ can't be read: it is not a file/],
    ['two files', ['submit', '--file', MAIN, '--payload', '{"file":"x"}'], /that field or --file/],
    [
      'a payload that cannot take a file',
      ['submit', '--file', MAIN, '--payload', '[]'],
      /payload must be an object/,
    ],
    [
      'a schedule without a time',
      ['schedule', 'put', 'x'],
      /rate: set either rate, such as "2 minutes", or cron/,
    ],
    ['a rate and a cron', ['schedule', 'put', 'x', '--rate', '1 day', '--cron', '*'], /cannot be used with/],
    ['no schedule to start', ['schedule', 'start'], /specify either the name of a schedule, or --all/],
    [
      'both a schedule and all schedules',
      ['schedule', 'stop', 'x', '--all'],
      /specify either the name of a schedule, or --all/,
    ],
    [
      'a schedule that the deployment cannot run',
      ['schedule', 'start', 'send-messages'],
      /set MESSAGES_URL to the receiver's URL, and deploy again\. \(409\)/,
    ],
    ['a schedule that does not exist', ['schedule', 'delete', 'nope'], /no schedule nope. \(404\)/],
    ['an invalid phone number', ['message', 'send', '1', 'x'], /to: must be a phone number/],
    ['a group without a command', ['message'], /Usage: errand message/],
    ['an invalid URL', ['--url', 'localhost', 'list'], /localhost is not a URL/],
  ];

  it.each(cases)('%s', async (_why, words, message) => {
    const { code, output, messages } = await errand(words);
    expect(messages).toMatch(message);
    expect({ code, output }).toEqual({ code: 2, output: '' });
  });

  it('an unreachable API', async () => {
    const { code, output, messages } = await errandProcess(['--url', 'http://127.0.0.1:1', 'list']);
    expect(messages).toMatch(/fetch failed: ./);
    expect({ code, output }).toEqual({ code: 2, output: '' });
  });

  it('no URL at all', async () => {
    const PORT = String(await freePort());
    const { code, messages } = await errand(['list'], '', { ERRAND_URL: '', PORT });
    expect(code).toBe(2);
    expect(messages).toContain(
      `can't connect to http://127.0.0.1:${PORT}: start \`errand dev\`, or set --url or ERRAND_URL`,
    );
  });
});

describe('while it waits', () => {
  it('a terminal shows a temporary line, and a pipe shows none', async () => {
    const { job_id: id } = await cloud.api.submit({ payload: { seconds: 2 } });
    const written: string[] = [];
    const codes: number[] = [];
    await runCommand(['--url', cloud.api.url, '--json', 'wait', id], {
      environment: {},
      output: () => undefined,
      messages: { isTTY: true, columns: 80, write: (line) => written.push(line) },
      readInput: () => Promise.resolve(''),
      setExitCode: (code) => codes.push(code),
    });
    expect(codes).toEqual([0]);
    expect(written.join('')).toMatch(/running \(attempt 1 of \d+\) \d+s/);
    expect(written.at(-1)).toBe('\r\u001b[2K');
    expect((await errand(['wait', id])).messages).toBe('');
  });

  it('the help lists the commands', async () => {
    const { code, output } = await errandProcess(['--help']);
    expect(code).toBe(0);
    for (const command of 'submit get wait list cancel retry schedule message webhook-key'.split(' '))
      expect(output).toContain(`  ${command} `);
  });
});

describe('the client', () => {
  it('has the document’s types, and sends the key', async () => {
    const sent: (string | null)[] = [];
    const { http } = createErrand({
      url: `${cloud.api.url}/`,
      apiKey: 'a-key',
      fetch: (request) => {
        sent.push(request.headers.get('authorization'));
        return fetch(request);
      },
    });
    const { data, error } = await http.POST('/v1/jobs', { body: { payload: { seconds: 0 } } });
    expect(error).toBeUndefined();
    expect(data?.job_id).toMatch(/^[0-9a-f-]{36}$/);
    const missing = await http.GET('/v1/jobs/{job_id}', { params: { path: { job_id: UNKNOWN } } });
    expect(missing.error).toMatchObject({ type: 'urn:errand:problem:job-not-found', job_id: UNKNOWN });
    expect(sent).toEqual(['Bearer a-key', 'Bearer a-key']);
  });
});
