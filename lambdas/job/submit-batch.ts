import {
  endsWindow,
  openWindows,
  settleOpening,
  windowEndOf,
  type HeldWindow,
  type HolderPorts,
  type Opening,
  type WindowClaim,
} from './dedup.ts';
import { hasEndedWindow, met, metReplaced, wakeUpsOf, type HoldingJob } from './holding-job.ts';
import type { WakeUp } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import {
  duplicate,
  meetWriter,
  replacementOf,
  wakeWorkers,
  writeJobs,
  writeOrMeet,
  type Submission,
  type SubmitPorts,
  type Submitted,
  type Written,
} from './submit.ts';

/** The outcome of one submission in a batch. */
export type BatchOutcome = { submitted: Submitted } | { error: unknown };

/** A submission in progress, with its outcome once it is known. */
interface Entry {
  readonly submission: Submission;
  opening?: Opening;
  /** The id of the debounced job that held the object's dedup window, if that window has ended. */
  over?: string;
  claim?: WindowClaim;
  /** The object's existing job. Also set if this submission is rejected as a duplicate. */
  found?: HoldingJob | undefined;
  outcome?: BatchOutcome;
}

/**
 * Submits several of a tenant's jobs with fewer calls than {@link submit}, but with the same guarantees for each job. One
 * DynamoDB call opens up to 25 windows, and one SQS call sends up to ten messages. One statement reads the duplicates, one
 * replaces jobs, and one writes the new jobs. A failed submission does not affect the others.
 *
 * @returns one outcome per submission, in order
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
  const groups = groupByObject(entries);
  await ports.activity.mark();
  await submitEach(
    tenant,
    groups.map(({ first }) => first),
    ports,
  );
  // Submissions that replace a job from the same batch must come after that job's own submission.
  const replacing = groups.flatMap(({ replacement = [] }) => replacement);
  if (replacing.length > 0) await submitEach(tenant, replacing, ports);
  for (const group of groups) followLeaders(group, ports.log);
  return entries.map(({ outcome }) => outcome ?? { error: new Error('A submission has no outcome.') });
}

/** A batch's submissions with the same object_id, or a single submission without an object_id. */
interface Group {
  /** The first submission, which writes the object's job or finds the existing one. */
  first: Entry;
  /**
   * The last replacement among the other submissions. Earlier replacements are skipped, because the last one would
   * overwrite their payloads.
   */
  replacement?: Entry;
  /** The object's other submissions, in their original order. */
  others: Entry[];
}

function groupByObject(entries: readonly Entry[]): Group[] {
  const groups: Group[] = [];
  const groupOf = new Map<string, Group>();
  for (const entry of entries) {
    const { objectId, onDuplicate } = entry.submission;
    const group = objectId === null ? undefined : groupOf.get(objectId);
    if (group) {
      group.others.push(entry);
      if (onDuplicate === 'replace') group.replacement = entry;
    } else {
      const added: Group = { first: entry, others: [] };
      groups.push(added);
      if (objectId !== null) groupOf.set(objectId, added);
    }
  }
  return groups;
}

/** Submits jobs, each for a different object. */
async function submitEach(tenant: string, entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  await openAll(entries, ports);
  await settleOpenings(tenant, entries, ports);
  await writeNewJobs(tenant, entries, ports);
}

async function openAll(entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  const open = await openWindows(
    entries.map(({ submission, over }) => ({ request: submission, over })),
    ports,
  );
  for (const [index, entry] of entries.entries()) {
    const opening = open[index];
    if (opening && 'error' in opening) entry.outcome = opening;
    else if (opening) entry.opening = opening;
  }
}

/**
 * Settles the windows that other submissions hold. One statement reads the jobs that hold these windows, and another replaces
 * jobs. Windows that have ended are reopened in one batch.
 */
async function settleOpenings(tenant: string, entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  const found = await findHolders(tenant, entries, ports);
  const ended: Entry[] = [];
  await forEach(entries, async (entry) => {
    const { submission, opening } = entry;
    if (!opening) return;
    const job = opening.isOurs ? undefined : found.get(opening);
    if (!opening.isOurs && endsWindow(job)) {
      entry.over = opening.holder.jobId;
      ended.push(entry);
      return;
    }
    entry.claim = await settleOpening(submission, opening, job, holderPorts(tenant, submission, ports));
    entry.found = entry.claim.duplicateOf ?? undefined;
  });
  if (ended.length === 0) return;
  await openAll(ended, ports);
  await settleOpenings(tenant, ended, ports);
}

async function findHolders(
  tenant: string,
  entries: readonly Entry[],
  ports: SubmitPorts,
): Promise<Map<HeldWindow, HoldingJob>> {
  const held = entries.flatMap(({ submission, opening, outcome }) =>
    opening && !opening.isOurs && !outcome ? [{ submission, window: opening }] : [],
  );
  const [replacing, reading] = [
    held.filter(({ submission }) => submission.onDuplicate === 'replace'),
    held.filter(({ submission }) => submission.onDuplicate !== 'replace'),
  ];
  const found = new Map<HeldWindow, HoldingJob>();
  await Promise.all(
    [reading, replacing].map(async (part) => {
      if (part.length === 0) return;
      try {
        for (const [window, job] of await findJobs(tenant, part, ports)) found.set(window, job);
      } catch (error) {
        // The submissions in this part fail, because it is unknown whether they are duplicates. The other submissions
        // continue.
        const windows = new Set<Opening>(part.map(({ window }) => window));
        for (const entry of entries)
          if (entry.opening && windows.has(entry.opening)) entry.outcome = { error };
      }
    }),
  );
  return found;
}

/**
 * Reads the jobs that hold the windows, or replaces these jobs if the submissions ask for replacement. Either all of the
 * submissions must ask for replacement, or none.
 */
async function findJobs(
  tenant: string,
  held: readonly { submission: Submission; window: HeldWindow }[],
  { submissions, clock }: SubmitPorts,
): Promise<[HeldWindow, HoldingJob][]> {
  if (held[0]?.submission.onDuplicate === 'replace') {
    const replaced = await submissions.replace(
      tenant,
      held.map(({ submission, window: { holder, submissionId } }) =>
        replacementOf(submission, holder, submissionId, clock),
      ),
    );
    const windowOf = new Map(held.map(({ window }) => [window.submissionId, window]));
    return replaced.flatMap((each): [HeldWindow, HoldingJob][] => {
      const window = windowOf.get(each.submissionId);
      return window ? [[window, metReplaced(each)]] : [];
    });
  }
  const jobs = await submissions.find(
    tenant,
    held.map(({ window }) => window.holder.jobId),
  );
  const jobOf = new Map(jobs.map((job) => [job.job_id, job]));
  return held.flatMap(({ window }): [HeldWindow, HoldingJob][] => {
    const job = jobOf.get(window.holder.jobId);
    return job ? [[window, met(job)]] : [];
  });
}

/** Adds a `findJob` function to the ports, with which a submission can check its window again. */
function holderPorts<Ports extends SubmitPorts>(
  tenant: string,
  submission: Submission,
  ports: Ports,
): Ports & HolderPorts {
  return {
    ...ports,
    findJob: async (window) => (await findJobs(tenant, [{ submission, window }], ports))[0]?.[1],
  };
}

/** Writes the jobs for the claimed windows, and wakes workers for new and replaced jobs. */
async function writeNewJobs(tenant: string, entries: readonly Entry[], ports: SubmitPorts): Promise<void> {
  const wakeUps: WakeUp[] = [];
  const claimed = entries.flatMap((entry) => {
    const { submission, claim, found, outcome } = entry;
    if (outcome || !claim) return [];
    if (!found) return [{ entry, submission, claim }];
    wakeUps.push(...wakeUpsOf(tenant, found));
    entry.outcome = outcomeOf(() => duplicate(submission, claim, found, ports.log));
    return [];
  });
  const written = new Map<Entry, Written>();
  if (claimed.length > 0) {
    try {
      const rows = await writeJobs(claimed, ports);
      for (const [index, { entry }] of claimed.entries()) {
        const row = rows[index];
        if (row) written.set(entry, row);
      }
    } catch (error) {
      for (const { entry } of claimed) entry.outcome = { error };
    }
  }
  await forEach(
    claimed.map(({ entry }) => entry),
    async (entry) => {
      const { submission, claim } = entry;
      const row = written.get(entry);
      if (!claim || !row) throw new Error('The store returned no row for an insert.');
      if ('refusal' in row) throw row.refusal;
      const { job, inserted } = row;
      entry.found = met(job);
      if (inserted) {
        const windowEndsAt = windowEndOf(job, claim.holder);
        entry.outcome = { submitted: { job, deduplicated: false, replaced: false, windowEndsAt } };
        const { delaySeconds } = submission;
        wakeUps.push({ jobId: claim.jobId, delaySeconds, tenant, queue: job.queue });
      } else if (claim.holder && (submission.onDuplicate === 'replace' || hasEndedWindow(job))) {
        const single = holderPorts(tenant, submission, ports);
        const submitted = await writeOrMeet(
          submission,
          await meetWriter(submission, claim.holder, single),
          single,
        );
        entry.found = met(submitted.job);
        entry.outcome = { submitted };
      } else {
        entry.outcome = { submitted: duplicate(submission, claim, entry.found, ports.log) };
      }
    },
  );
  if (wakeUps.length > 0) await wakeWorkers(wakeUps, ports);
}

/** Derives the outcomes of a group's other submissions from the outcomes of its first submission and its replacement. */
function followLeaders({ first, replacement, others }: Group, log: ServiceLog): void {
  let leader = first;
  for (const entry of others) {
    if (entry === replacement) leader = entry;
    else if (replacement && entry.submission.onDuplicate === 'replace')
      entry.outcome = followReplacement(replacement);
    else entry.outcome = follow(entry, leader, log);
  }
}

function follow({ submission }: Entry, { outcome, claim, found }: Entry, log: ServiceLog): BatchOutcome {
  if (!found || !claim) return outcome ?? { error: new Error('A submission has no outcome.') };
  return outcomeOf(() => duplicate(submission, claim, met(found.job), log));
}

/** The outcome of a replacement that was skipped in favor of a later replacement in the same batch. */
function followReplacement({ outcome }: Entry): BatchOutcome {
  if (!outcome || 'error' in outcome) return outcome ?? { error: new Error('A submission has no outcome.') };
  const { submitted } = outcome;
  return {
    submitted: { ...submitted, deduplicated: true, replaced: submitted.replaced || !submitted.deduplicated },
  };
}

function outcomeOf(submit: () => Submitted): BatchOutcome {
  try {
    return { submitted: submit() };
  } catch (error) {
    return { error };
  }
}

/**
 * Runs a step of the submission for all entries in parallel. If the step fails for an entry, the error becomes the entry's
 * outcome, and the entry's remaining steps are skipped.
 */
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
