import type { Json } from '../../job/job.ts';
import type { JobStatus } from '../../job/status.ts';
import { answerKeyOf, type ApprovalReader } from '../../job/steps/approvals.ts';
import type { ListedStep, StepReader } from '../../job/steps/list-steps.ts';
import { MAX_SIGNALS, type Signaled, type SignalStore } from '../../job/steps/signals.ts';
import type { DataApi } from './data-api.ts';
import { LIST_STEPS } from './sql/list-steps.ts';
import { READ_APPROVAL, READ_APPROVAL_KEY, SEND_SIGNAL } from './sql/signals.ts';
import { toWoken, type WokenJob } from './woken-jobs.ts';

/** One row of {@link SEND_SIGNAL}. */
type SignaledRow =
  | { verdict: 'accepted'; is_new: boolean; woken: WokenJob | null }
  | { verdict: 'ended'; status: JobStatus }
  | { verdict: 'full' };

/** One row of {@link READ_APPROVAL}. */
interface ApprovalRow {
  tenant: string;
  status: JobStatus;
  question: string;
  signal: string;
  is_answered: boolean;
  answer: Json;
}

/** Gives the API access to steps and signals in Aurora. */
export function createSignalStore(dataApi: DataApi): SignalStore & StepReader & ApprovalReader {
  return {
    async signal(tenant, jobId, { name, key, payload }, { entryId, actor }) {
      const [row] = await dataApi.query<SignaledRow | null>(SEND_SIGNAL, {
        ...{ tenant, job_id: jobId, name, key, payload: JSON.stringify(payload) },
        ...{ actor, entry_id: entryId, most: MAX_SIGNALS },
      });
      return row ? toSignaled(row) : undefined;
    },

    async steps(tenant, jobId, after = 0, limit) {
      const rows = await dataApi.query<{ place: number | null; document: ListedStep }>(LIST_STEPS, {
        ...{ tenant, job_id: jobId, after },
        // Read one more step than the page holds, to see whether there is another page.
        limit: limit + 1,
      });
      if (rows.length === 0) return undefined;
      const found = rows.filter(({ place }) => place !== null);
      const page = found.slice(0, limit);
      return {
        steps: page.map(({ document }) => document),
        continueAfter: found.length > limit ? (page.at(-1)?.place ?? null) : null,
      };
    },

    async approvalKey() {
      const [key] = await dataApi.query<string>(READ_APPROVAL_KEY);
      if (key === undefined) throw new Error(`${READ_APPROVAL_KEY.name} returned no row.`);
      return Buffer.from(key, 'base64');
    },

    async approval(jobId, step) {
      const [row] = await dataApi.query<ApprovalRow>(READ_APPROVAL, {
        job_id: jobId,
        step,
        key: answerKeyOf(step),
      });
      if (!row) return undefined;
      const { tenant, status, question, signal, is_answered: isAnswered, answer } = row;
      return { tenant, status, question, signal, ...(isAnswered && { answer }) };
    },
  };
}

function toSignaled(row: SignaledRow): Signaled {
  if (row.verdict !== 'accepted') return row;
  const [woken] = toWoken(row.woken ? [row.woken] : null);
  return { verdict: 'accepted', deduplicated: !row.is_new, woken };
}
