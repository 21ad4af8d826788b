import { openWindow, settleOpening, type FoundJob, type Opening, type WindowClaim } from './dedup.ts';
import type { WakeUp } from './job-queue.ts';
import type { JobSummary } from './job.ts';
import type { ServiceLog } from './log.ts';
import {
  duplicate,
  wakeWorkers,
  writeJobs,
  type Submission,
  type SubmitPorts,
  type Submitted,
  type Written,
} from './submit.ts';

/** What became of one submission of a batch. */
export type BatchOutcome = { submitted: Submitted } | { error: unknown };

/** One submission on its way; what it has come to is there as soon as it is known. */
interface Entry {
  readonly submission: Submission;
  opening?: Opening;
  claim?: WindowClaim;
  /** The job of its object, whoever wrote it, and even if the submission is refused for being a duplicate. */
  job?: FoundJob;
  outcome?: BatchOutcome;
}

/**
 * Submits the jobs of one tenant together, each with the contract of {@link submit}: the windows are opened side by side,
 * the duplicates are read in one statement, the new jobs are written in one statement, and workers are woken by tens.
 * One that fails does not hold up the others.
 *
 * @returns one outcome per submission, in their order
 */
export async function submitBatch(
  tenant: string,
  submissions: readonly Submission[],
  ports: SubmitPorts,
): Promise<BatchOutcome[]> {
  if (!ports.tracer) return submitJobs(tenant, submissions, ports);
  return ports.tracer.submissions(submissions, (traced) => submitJobs(tenant, traced, ports));
}

async function submitJobs(
  tenant: string,
  submissions: readonly Submission[],
  ports: SubmitPorts,
): Promise<BatchOutcome[]> {
  const entries = submissions.map((submission): Entry => ({ submission }));
  const { leaders, followers } = pairDuplicates(entries);
  await ports.activity.mark();
  await openWindows(tenant, leaders, ports);
  await settleOpenings(tenant, leaders, ports);
  await writeNewJobs(leaders, ports);
  for (const [follower, leader] of followers) follower.outcome = follow(follower, leader, ports.log);
  return entries.map(({ outcome }) => outcome ?? { error: new Error('A submission came to nothing.') });
}

/** The first submission of an object leads; further ones of the same object in the same batch follow it. */
function pairDuplicates(entries: readonly Entry[]) {
  const leaders: Entry[] = [];
  const followers: [follower: Entry, leader: Entry][] = [];
  const leaderOf = new Map<string, Entry>();
  for (const entry of entries) {
    const { objectId } = entry.submission;
    const leader = objectId === null ? undefined : leaderOf.get(objectId);
    if (leader) followers.push([entry, leader]);
    else leaders.push(entry);
    if (objectId !== null && !leader) leaderOf.set(objectId, entry);
  }
  return { leaders, followers };
}

async function openWindows(tenant: string, entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  await forEach(entries, async (entry) => {
    entry.opening = await openWindow(tenant, entry.submission.objectId, ports);
  });
}

async function settleOpenings(tenant: string, entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  const held = entries.flatMap(({ opening }) => (opening && !opening.isOurs ? [opening.holder.jobId] : []));
  let jobs: readonly JobSummary[] = [];
  if (held.length > 0) {
    try {
      jobs = await ports.submissions.find(tenant, held);
    } catch (error) {
      // Whether they are duplicates is not known; the others go on.
      for (const entry of entries) if (entry.opening?.isOurs === false) entry.outcome = { error };
    }
  }
  const jobOf = new Map(jobs.map((job) => [job.job_id, job]));
  const findJob = async (_tenant: string, jobId: string): Promise<JobSummary | undefined> =>
    (await ports.submissions.find(tenant, [jobId]))[0];
  await forEach(entries, async (entry) => {
    const { submission, opening } = entry;
    if (!opening) return;
    const job = opening.isOurs ? undefined : jobOf.get(opening.holder.jobId);
    const claim = await settleOpening(opening, job, { ...ports, findJob });
    entry.claim = claim;
    if (!claim.duplicateOf) return;
    entry.job = claim.duplicateOf;
    entry.outcome = { submitted: duplicate(submission, claim, claim.duplicateOf, ports.log) };
  });
}

async function writeNewJobs(entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  const open = entries.flatMap((entry) =>
    entry.claim && !entry.outcome ? [{ entry, claim: entry.claim }] : [],
  );
  if (open.length === 0) return;
  const claimed = open.map(({ entry, claim }) => ({ submission: entry.submission, claim }));
  let written: Written[];
  try {
    written = await writeJobs(claimed, ports);
  } catch (error) {
    for (const { entry } of open) entry.outcome = { error };
    return;
  }
  const writtenOf = new Map(open.map(({ entry }, index) => [entry, written[index]]));
  const wakeUps: WakeUp[] = [];
  await forEach(
    open.map(({ entry }) => entry),
    (entry) => {
      const { submission, claim } = entry;
      const row = writtenOf.get(entry);
      if (!claim || !row) throw new Error('The store answered an insertion with no row.');
      if ('refusal' in row) throw row.refusal;
      entry.job = row.job;
      if (!row.inserted) entry.outcome = { submitted: duplicate(submission, claim, row.job, ports.log) };
      else {
        const windowEndsAt = claim.holder?.windowEndsAt ?? null;
        entry.outcome = { submitted: { job: row.job, deduplicated: false, windowEndsAt } };
        const { delaySeconds, tenant } = submission;
        wakeUps.push({ jobId: claim.jobId, delaySeconds, tenant, queue: row.job.queue });
      }
      return Promise.resolve();
    },
  );
  if (wakeUps.length > 0) await wakeWorkers(wakeUps, ports);
}

/** What a duplicate inside the batch comes to, once the first submission of its object has its outcome. */
function follow({ submission }: Entry, leader: Entry, log: ServiceLog): BatchOutcome {
  const { outcome, claim, job } = leader;
  if (!job || !claim) return outcome ?? { error: new Error('A submission came to nothing.') };
  try {
    return { submitted: duplicate(submission, claim, job, log) };
  } catch (error) {
    return { error };
  }
}

/** Side by side; an entry whose step fails has the error as its outcome, and takes no further steps. */
async function forEach(entries: readonly Entry[], step: (entry: Entry) => Promise<void>): Promise<void> {
  await Promise.all(
    entries
      .filter(({ outcome }) => !outcome)
      .map(async (entry) => {
        try {
          await step(entry);
        } catch (error) {
          entry.outcome = { error };
        }
      }),
  );
}
