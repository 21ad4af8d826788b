import { setTimeout as pause } from 'node:timers/promises';
import { sendForm, type UploadView } from '../../helpers/upload.ts';
import type { Tenant } from './tenant.ts';

export interface Scene {
  /** The tenant that makes the noise. */
  readonly tenant: Tenant;
  /** A receiver of webhooks that answers nothing until it is told to. */
  readonly receiver: { readonly url: string; readonly isCalled: Promise<void>; answerAll(): void };
}

/** The worst that a tenant can do in one respect. */
export interface Noise {
  readonly title: string;
  /**
   * Resolves once the noise is at its height; it lasts until the signal fires.
   *
   * @returns when all of it is over
   */
  begin(scene: Scene, signal: AbortSignal): Promise<{ over: Promise<unknown> }>;
}

/** Repeats a request until the signal fires, so many at a time. */
async function repeat(atOnce: number, signal: AbortSignal, request: () => Promise<unknown>): Promise<void> {
  const repeatOne = async (): Promise<void> => {
    while (!signal.aborted) await request();
  };
  await Promise.all(Array.from({ length: atOnce }, repeatOne));
}

const WAITS: Noise = {
  title: '500 clients that wait for a job, and come back as they are told',
  async begin({ tenant }, signal) {
    const { body } = await tenant.submit({ delay_seconds: 600 });
    const path = `/v1/jobs/${body.job_id}`;
    const waiting = repeat(500, signal, async () => {
      const { headers } = await tenant.call('GET', `${path}?wait=25`);
      const seconds = Number(headers.get('retry-after'));
      await pause(seconds * 1000, undefined, { signal }).catch(() => undefined);
    });
    signal.addEventListener('abort', () => void tenant.call('POST', `${path}/cancel`));
    return { over: waiting };
  },
};

const BACKLOG: Noise = {
  title: 'as many jobs as the tenant may have, always',
  begin({ tenant }, signal) {
    const jobs = Array.from({ length: 100 }, () => ({ payload: { seconds: 0.1 } }));
    return Promise.resolve({
      over: repeat(1, signal, () => tenant.call('POST', '/v1/jobs/batch', { jobs })),
    });
  },
};

const HUGE_PAYLOADS: Noise = {
  title: 'payloads of 256 KiB',
  begin({ tenant }, signal) {
    const body = 'x'.repeat(256 * 1024 - 100);
    const job = { type: 'webhook', payload: { url: 'https://example.org', body }, max_attempts: 1 };
    return Promise.resolve({ over: repeat(4, signal, () => tenant.submit(job)) });
  },
};

const SLOW_RECEIVERS: Noise = {
  title: 'webhooks whose receivers do not answer',
  async begin({ tenant, receiver }, signal) {
    const job = { type: 'webhook', payload: { url: receiver.url }, max_attempts: 1 };
    for (let sent = 0; sent < 20; sent += 1) await tenant.submit(job);
    await receiver.isCalled;
    signal.addEventListener('abort', () => {
      receiver.answerAll();
    });
    return { over: Promise.resolve() };
  },
};

const FILE_BYTES = 40_000_000;

const BLOCKING_HANDLERS: Noise = {
  title: 'files that take long to analyze',
  async begin({ tenant }, signal) {
    const { body: upload } = await tenant.call<UploadView>('POST', '/v1/uploads', { bytes: FILE_BYTES });
    await sendForm(upload, new Blob(['a'.repeat(FILE_BYTES)]));
    // Each pattern fits almost everywhere, and nowhere.
    const patterns = Array.from({ length: 50 }, (_, number) => `${'a'.repeat(4000)}${number}`);
    const job = { type: 'analyze', payload: { file: upload.file, patterns }, max_attempts: 1 };
    const analyzing = repeat(1, signal, async () => {
      await tenant.submit(job);
      await tenant.jobsAtRest();
    });
    return { over: analyzing };
  },
};

const REFUSED_SCHEDULES: Noise = {
  title: 'schedules that are refused',
  begin({ tenant }, signal) {
    let number = 0;
    const refused = repeat(4, signal, () => {
      number += 1;
      const schedule = { cron: '0 9 ? * MON-FRI *', timezone: `Nowhere/${number}` };
      return tenant.call('PUT', '/v1/schedules/none', schedule);
    });
    return Promise.resolve({ over: refused });
  },
};

/** Every kind of noise. */
export const NOISES: readonly Noise[] = [
  WAITS,
  BACKLOG,
  HUGE_PAYLOADS,
  SLOW_RECEIVERS,
  BLOCKING_HANDLERS,
  REFUSED_SCHEDULES,
];
