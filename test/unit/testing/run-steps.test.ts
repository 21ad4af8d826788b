import { describe, expect, it } from '@jest/globals';
import { ChildJobError, job, type JobContext } from 'errand/jobs';
import { effect, runEveryDeath, runJob } from 'errand/testing';
import * as z from 'zod';
import { jobThat, payload, Payments } from './payments.ts';

const parcel = job('parcel', {
  payload: z.object({ item: z.string() }),
  run: ({ item }) => ({ label: `to ${item}` }),
});

const order = jobThat(async (id, { step, log }) => {
  log.info('Charging.');
  await step.run('charge', () => ({ id }));
  await step.sleep('cooling-off', '14d');
  const { timedOut, payload: answer } = await step.waitForSignal<{ by: string }>('approve', {
    timeout: '3d',
  });
  if (timedOut) return 'refunded';
  const labels = await step.map<{ label: string }>('ship', [{ item: 'a' }, { item: 'b' }], 'parcel');
  return { by: answer.by, labels: labels.map(({ label }) => label) };
});

describe('runJob of a job with steps', () => {
  it('continues the job to its end, with signals and children, and without waiting', async () => {
    const run = await runJob(order, payload, { signals: { approve: { by: 'Ada' } }, jobs: { parcel } });
    expect(run).toMatchObject({ status: 'success', result: { by: 'Ada', labels: ['to a', 'to b'] } });
    expect(run.submitted).toMatchObject([
      { type: 'parcel', payload: { item: 'a' }, deduplicated: false },
      { type: 'parcel', payload: { item: 'b' }, deduplicated: false },
    ]);
    expect(run.logs).toHaveLength(3);
  });

  it('lets a wait time out if its signal is not given', async () => {
    expect(await runJob(order, payload)).toMatchObject({ status: 'success', result: 'refunded' });
  });

  it('gives children the test’s outcomes', async () => {
    const ships = jobThat(async (_id, { step }) => {
      const child = await step.submit('ship', 'parcel', { item: 'a' });
      try {
        return await step.result(child);
      } catch (error) {
        return error instanceof ChildJobError ? error.message : 'another error';
      }
    });
    const given = (answer: () => unknown) => runJob(ships, payload, { children: { parcel: answer } });
    expect(await given(() => ({ label: 'x' }))).toMatchObject({ result: { label: 'x' } });
    const failed = await given(() => {
      throw new Error('no stamps');
    });
    expect(failed.result).toMatch(/^The child job \S+ of the step "ship" failed: no stamps$/);
  });

  it('reports what the job waits for if that never comes', async () => {
    const waits = jobThat((_id, { step }) =>
      Promise.all([
        step.waitForSignal('approve'),
        step.submit('ship', 'parcel', { item: 'a' }).then((child) => step.result(child)),
      ]),
    );
    expect(await runJob(waits, payload)).toMatchObject({
      status: 'waiting',
      waitingFor: [
        { step: 'approve', kind: 'signal', signal: 'approve' },
        { step: 'ship:result', kind: 'result' },
      ],
    });
  });

  it('skips the back-off of a step', async () => {
    let calls = 0;
    const flaky = jobThat((_id, { step }) =>
      step.run(
        'call',
        () => {
          calls += 1;
          if (calls < 4) throw new Error('down');
          return calls;
        },
        { retry: { attempts: 4, baseSeconds: 300, capSeconds: 900 } },
      ),
    );
    expect(await runJob(flaky, payload)).toMatchObject({ status: 'success', result: 4 });
  });

  it('returns a step’s failure as the job’s', async () => {
    const broken = jobThat((_id, { step }) =>
      step.run('charge', () => Promise.reject(new Error('declined')), { retry: { attempts: 1 } }),
    );
    const { status, error } = await runJob(broken, payload);
    expect([status, String(error)]).toEqual([
      'failed',
      'StepError: The step "charge" failed after 1 attempt: declined',
    ]);
  });
});

describe('runEveryDeath of a job with steps', () => {
  const payments = new Payments();
  const effects = { charge: effect(payments, 'charge'), mail: effect(payments, 'mail') };
  const setUp = () => {
    payments.reset();
  };
  const paying = (charge: (id: string, key: string) => Promise<unknown>) =>
    jobThat(async (id, { step }: JobContext) => {
      await step.run('charge', ({ idempotencyKey }) => charge(id, idempotencyKey));
      await step.sleep('nap', '1h');
      await step.run('mark', () => payments.markPaid(id));
      return 'paid';
    });

  it('finds no repeat if the effect of each step is idempotent', async () => {
    const job = paying((id, idempotencyKey) => payments.charge({ order: id, idempotencyKey }));
    const keyed = { charge: effect(payments, 'charge', { key: (charge) => charge.idempotencyKey ?? '' }) };
    const report = await runEveryDeath(job, payload, {
      effects: keyed,
      setUp,
      state: () => payments.charges.length,
      deaths: 2,
    });
    report.assertIdempotent();
    // A run makes a charge and three step writes. Eight runs cover a death before and after each of these four effects. A second death needs more
    // runs.
    expect(report.runs).toBeGreaterThan(8);
  });

  it('finds the effect of a step that is repeated because its result was not recorded', async () => {
    const job = paying((id) => payments.charge({ order: id }));
    const report = await runEveryDeath(job, payload, { effects: { charge: effects.charge }, setUp });
    // The charge is repeated only if the process dies between the charge and the recording of its result.
    expect(
      report.repeated.map(({ effect: name, deaths }) => [
        name,
        deaths.map(({ effect: at, moment }) => [at, moment]),
      ]),
    ).toEqual([
      ['charge', [['charge', 'after']]],
      ['charge', [['context.step', 'before']]],
    ]);
    expect(report.text).toContain('Killed before call 1 of context.step in attempt 1 (step "charge")');
  });

  it('finds nothing lost if a death prevents the record of a map’s results, because the children still have them', async () => {
    const ships = jobThat(async (_id, { step }) =>
      step.map('ship', [{ item: 'a' }, { item: 'b' }], 'parcel'),
    );
    const report = await runEveryDeath(ships, payload, { jobs: { parcel }, effects: {} });
    report.assertIdempotent();
    expect(report.runs).toBeGreaterThan(0);
  });

  it('refuses a job that waits for something that never comes', async () => {
    const job = jobThat((_id, { step }) => step.waitForSignal('approve'));
    await expect(runEveryDeath(job, payload, { effects: {} })).rejects.toThrow(
      'The job waits for approve, which never comes. Set `signals` or `children`.',
    );
  });
});
