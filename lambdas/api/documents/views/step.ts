import * as z from 'zod';
import * as schemas from '../../../job/job-schema.ts';
import type { ListedStep } from '../../../job/steps/list-steps.ts';
import { named, pageFields, shapeOf } from '../components.ts';
import { summaryExample } from './job.ts';

named('StepWait', schemas.stepWait);
const listedStep = named('Step', shapeOf<ListedStep>()(schemas.listedStep));

export const stepPage = named(
  'StepPage',
  z.object({ job_id: schemas.uuid, items: z.array(listedStep), ...pageFields }),
);

export const sentSignal = named(
  'SentSignal',
  z.object({
    job_id: schemas.uuid,
    name: z.string(),
    key: z.string().meta({ description: 'The request’s key, or a new id.' }),
    deduplicated: z.boolean().meta({ description: 'Whether an earlier request already sent the signal.' }),
  }),
);

export const sentSignalExample: z.output<typeof sentSignal> = {
  job_id: summaryExample.job_id,
  name: 'approve',
  key: 'invoice-42',
  deduplicated: false,
};

const stepExample: ListedStep = {
  step: 'charge',
  kind: 'run',
  status: 'success',
  failures: 1,
  start_time: '2030-01-31T12:00:00.140Z',
  end_time: '2030-01-31T12:00:01.240Z',
  due_time: null,
  timed_out: false,
  signal: null,
  child_job_id: null,
  message: null,
  result: { charge: 'ch_42' },
  result_bytes: 18,
};

export const stepPageExample: z.output<typeof stepPage> = {
  job_id: summaryExample.job_id,
  items: [
    stepExample,
    {
      ...stepExample,
      step: 'approve',
      kind: 'signal',
      status: 'waiting',
      failures: 0,
      start_time: '2030-01-31T12:00:01.300Z',
      end_time: null,
      due_time: '2030-02-03T12:00:01.300Z',
      signal: 'approve',
      result: null,
      result_bytes: null,
    },
  ],
  limit: 50,
  next_cursor: null,
};
