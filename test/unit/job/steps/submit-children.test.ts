import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { job } from '../../../../lambdas/job/definition.ts';
import { TooManyJobsError } from '../../../../lambdas/job/errors.ts';
import { runnable } from '../../../../lambdas/job/job-type.ts';
import { createSubmitChildren, type SubmitChildren } from '../../../../lambdas/job/steps/submit-children.ts';
import { SubmissionModel } from '../submission-model.ts';

const PARENT = '01900000-0000-7000-8000-000000000001';

const resize = runnable(
  job('resize', {
    payload: z.object({ image: z.string() }),
    maxDurationSeconds: 3_600,
    concurrency: { key: 'payload.image', limit: 3 },
    run: () => null,
  }),
);

function childrenIn(model: SubmissionModel): SubmitChildren {
  return createSubmitChildren(
    { jobId: PARENT, tenant: 'acme' },
    {
      ...model.portsOf([]),
      jobTypes: { find: (name) => (name === 'resize' ? resize : undefined) },
      timeoutOf: () => 46,
      retentionDays: 10,
      digest: (text) => new Uint8Array(createHash('sha256').update(text).digest()),
    },
  );
}

const noPause = (): Promise<void> => Promise.reject(new Error('This tenant has no rate.'));

const images = (count: number) => Array.from({ length: count }, (_, index) => ({ image: `${index}.png` }));

describe('the children of a step', () => {
  it('contain their parent, their step and their index', async () => {
    const model = new SubmissionModel();
    const children = childrenIn(model);
    const jobId = await children.submit('ship', 'resize', { image: 'a.png' }, { cancelWithParent: false });
    await (
      await children.prepareMap('map', 'resize', images(2), {}, noPause)
    )(0, 2);
    expect(model.rows.get(jobId)?.written).toMatchObject({
      parent_job_id: PARENT,
      parent_step: 'ship',
      ends_with_parent: false,
      submitted_by: `job:${PARENT}`,
      max_duration_seconds: 3_600,
    });
    const mapped = [...model.rows.values()].flatMap(({ written }) =>
      written.parent_step === 'map' ? [[written.child_place, written.payload, written.ends_with_parent]] : [],
    );
    expect(mapped).toEqual([
      [0, { image: '0.png' }, true],
      [1, { image: '1.png' }, true],
    ]);
  });

  it('are the same jobs when they are submitted again', async () => {
    const model = new SubmissionModel();
    const submitAll = async (): Promise<void> => {
      const children = childrenIn(model);
      await children.submit('ship', 'resize', { image: 'a.png' }, {});
      await (
        await children.prepareMap('map', 'resize', images(5), {}, noPause)
      )(0, 5);
    };
    await submitAll();
    const ids = [...model.rows.keys()];
    await submitAll();
    expect([...model.rows.keys()]).toEqual(ids);
    expect(new Set(ids).size).toBe(6);
  });

  it('of a map share the step’s limit, if it sets one, instead of their own', async () => {
    const model = new SubmissionModel();
    const children = childrenIn(model);
    await (
      await children.prepareMap('map', 'resize', images(1), { concurrency: 2 }, noPause)
    )(0, 1);
    const [row] = model.rows.values();
    expect(row?.written.concurrency).toEqual({ key: `map:${PARENT}:map`, limit: 2 });
  });

  it('are all checked before the first is submitted', async () => {
    const model = new SubmissionModel();
    const items = [...images(2), { image: 7 }];
    await expect(childrenIn(model).prepareMap('map', 'resize', items, {}, noPause)).rejects.toMatchObject({
      name: 'TypeError',
      message:
        'step.map("map"): item 2: submit("resize"): payload.image Invalid input: expected string, received number.',
    });
    expect(model.rows.size).toBe(0);
  });

  it.each([
    [{ maxDurationSeconds: 0 }, 'maxDurationSeconds is 0. Use a whole number from 1 to 31536000.'],
    [{ timeoutSeconds: 47 }, 'timeoutSeconds is 47. Use a whole number from 1 to 46.'],
  ])('refuse the options %j', async (options, message) => {
    const children = childrenIn(new SubmissionModel());
    await expect(children.submit('ship', 'resize', { image: 'a' }, options)).rejects.toThrow(
      new TypeError(`submit("resize"): ${message}`),
    );
  });

  it('beyond their tenant’s submission rate are submitted in the next second', async () => {
    const model = new SubmissionModel();
    model.limits = { maxJobsInFlight: 0, perSecond: 3 };
    let waited = 0;
    const submitAll = await childrenIn(model).prepareMap('map', 'resize', images(7), {}, (ms) => {
      waited += 1;
      model.now += ms;
      return Promise.resolve();
    });
    await submitAll(0, 7);
    expect([model.rows.size, waited]).toEqual([7, 2]);
  });

  it('beyond their tenant’s limit of jobs in flight fail the attempt', async () => {
    const model = new SubmissionModel();
    model.limits = { maxJobsInFlight: 3, perSecond: 0 };
    const submitAll = await childrenIn(model).prepareMap('map', 'resize', images(5), {}, noPause);
    await expect(submitAll(0, 5)).rejects.toThrow(TooManyJobsError);
  });
});
