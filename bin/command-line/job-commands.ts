import { Option, type Command } from 'commander';
import type { Schema } from 'errand-client';
import { dataOf } from 'errand-client';
import { submitFile } from 'errand-client';
import { waitForEnd } from 'errand-client';
import { openSession, type Session, exitCodeOf, type Terminal } from './session.ts';
import { openFile, toNumber, readPayload } from './arguments.ts';
import { jobsText, recordText } from './show.ts';
import { startWaitingLine } from './waiting-line.ts';

/** Seconds between two polls of a job's progress, if the output is a terminal. */
const WATCH_SECONDS = 1;

interface SubmitOptions {
  type?: string;
  payload?: string;
  file?: string;
  objectId?: string;
  delay?: number;
  runAt?: string;
  maxAttempts?: number;
  timeout?: number;
  callbackUrl?: string;
  rejectDuplicate?: boolean;
  wait?: number | true;
}

/** `submit`, `get`, `wait`, `list`, `cancel`, `retry`. */
export function addJobCommands(program: Command, terminal: Terminal): void {
  program
    .command('submit')
    .description('submit a job')
    .option('--type <type>', 'the job type; without one the job sleeps')
    .option('--payload <json>', 'JSON, @file, or @- for the standard input')
    .option('--file <path>', 'a file for the job to read, up to 5 GiB; it becomes payload.file')
    .option(
      '--object-id <id>',
      'what the job is about: a second submission within the dedup window is the same job',
    )
    .option('--delay <seconds>', 'when the job is due, in seconds from now', toNumber)
    .addOption(
      new Option('--run-at <time>', 'when the job is due, in ISO 8601 with its offset').conflicts('delay'),
    )
    .option('--max-attempts <number>', 'how often it is tried', toNumber)
    .option('--timeout <seconds>', 'how long one attempt may take', toNumber)
    .option('--callback-url <url>', 'is told the outcome')
    .option('--reject-duplicate', 'refuse a duplicate')
    .option('--wait [seconds]', 'wait until the job has ended, or for so long', toNumber)
    .action(async (options: SubmitOptions, command: Command) => {
      const session = openSession(command, terminal);
      const body = await toSubmission(options, terminal);
      const submitted =
        options.file === undefined
          ? dataOf(await session.client.POST('/v1/jobs', { body }))
          : await submitFile(session.client, body, await openFile(options.file, body.payload));
      if (options.wait === undefined) session.show(submitted, recordText);
      else
        await showEnd(session, submitted.job_id, options.wait === true ? undefined : options.wait, terminal);
    });

  program
    .command('get <job_id>')
    .description('show a job')
    .action(async (jobId: string, _options: unknown, command: Command) => {
      const session = openSession(command, terminal);
      const job = await session.client.GET('/v1/jobs/{job_id}', { params: { path: { job_id: jobId } } });
      session.show(dataOf(job), recordText);
    });

  program
    .command('wait <job_id>')
    .description('wait until a job has ended')
    .option('--timeout <seconds>', 'wait no longer than this', toNumber)
    .action(async (jobId: string, { timeout }: { timeout?: number }, command: Command) => {
      await showEnd(openSession(command, terminal), jobId, timeout, terminal);
    });

  program
    .command('list')
    .description('list jobs, newest first')
    .option('--status <status>', 'created, running, success, failed or canceled')
    .option('--type <type>', 'the job type')
    .option('--object-id <id>', 'what the jobs are about')
    .option('--limit <number>', 'the most jobs of a page, 1 to 200', toNumber)
    .option('--cursor <cursor>', 'as the page before names it')
    .action(async (options: ListOptions, command: Command) => {
      const { objectId, ...query } = options;
      const session = openSession(command, terminal);
      const page = await session.client.GET('/v1/jobs', {
        params: { query: { ...query, ...(objectId !== undefined && { object_id: objectId }) } },
      });
      session.show(dataOf(page), jobsText);
    });

  for (const action of ['cancel', 'retry'] as const) {
    program
      .command(`${action} <job_id>`)
      .description(action === 'cancel' ? 'cancel a job' : 'run a failed or canceled job again')
      .action(async (jobId: string, _options: unknown, command: Command) => {
        const session = openSession(command, terminal);
        const job = await session.client.POST(`/v1/jobs/{job_id}/${action}`, {
          params: { path: { job_id: jobId } },
        });
        session.show(dataOf(job), recordText);
      });
  }
}

interface ListOptions {
  status?: Schema<'JobStatus'>;
  type?: string;
  objectId?: string;
  limit?: number;
  cursor?: string;
}

async function toSubmission(options: SubmitOptions, { readInput }: Terminal): Promise<Schema<'Submission'>> {
  const payload = options.payload === undefined ? undefined : await readPayload(options.payload, readInput);
  // Undefined fields are not sent; the API checks all others, and names what is wrong.
  return {
    type: options.type,
    payload,
    object_id: options.objectId,
    delay_seconds: options.delay,
    run_at: options.runAt,
    max_attempts: options.maxAttempts,
    timeout_seconds: options.timeout,
    callback_url: options.callbackUrl,
    on_duplicate: options.rejectDuplicate ? 'reject' : undefined,
  } as Schema<'Submission'>;
}

/** Waits, shows the job as it is then, and sets the exit code by its outcome. */
async function showEnd(
  { client, show }: Session,
  jobId: string,
  timeoutSeconds: number | undefined,
  terminal: Terminal,
): Promise<void> {
  const line = startWaitingLine(terminal);
  const watch = terminal.messages.isTTY && { watch: { everySeconds: WATCH_SECONDS, see: line.see } };
  let job: Schema<'Job'>;
  try {
    job = await waitForEnd(client, jobId, { timeoutSeconds, ...watch });
  } finally {
    line.end();
  }
  show(job, recordText);
  terminal.setExitCode(exitCodeOf(job.status));
}
