import type { MutantGroup } from '../mutant.ts';

const EXECUTE = 'test/unit/job/execute.test.ts';
const WAKE_UPS = 'test/unit/job/execute-wake-ups.test.ts';
const DELIVERIES = 'test/unit/adapters/deliveries.test.ts';

export const EXECUTIONS: MutantGroup = {
  file: 'lambdas/job/execute.ts',
  tests: [EXECUTE, WAKE_UPS, 'test/unit/job/execute-families.test.ts'],
  mutants: [
    {
      name: 'the jobs that a claim made due get no message',
      text: 'const sentAgain = await sendClaimed(claims, ports);',
      instead: 'const sentAgain = new Set<string>();',
    },
    {
      name: 'the jobs that a claim made due get their messages after the jobs of the claim have run',
      text: "  const sentAgain = await sendClaimed(claims, ports);\n  if (claims.some((claim) => claim.verdict === 'claimed' && claim.runsAlone)) await ports.giveBackWaiting?.();\n  const jobs = claims.flatMap((claim) => (claim.verdict === 'claimed' ? [claim.job] : []));\n  const { results, settlements: elsewhere } = await runJobs(jobs, deliveries, ports);\n",
      instead:
        "  if (claims.some((claim) => claim.verdict === 'claimed' && claim.runsAlone)) await ports.giveBackWaiting?.();\n  const jobs = claims.flatMap((claim) => (claim.verdict === 'claimed' ? [claim.job] : []));\n  const { results, settlements: elsewhere } = await runJobs(jobs, deliveries, ports);\n  const sentAgain = await sendClaimed(claims, ports);\n",
    },
    {
      name: 'the messages that have not begun are kept while a suspect runs',
      text: 'await ports.giveBackWaiting?.();',
      instead: ';',
    },
    {
      name: 'every wave gives back the messages that have not begun',
      text: "claim.verdict === 'claimed' && claim.runsAlone)",
      instead: "claim.verdict === 'claimed')",
    },
    {
      name: 'jobs that are put off get no messages',
      text: 'const wakeUps = [...jobs, ...putOff].map(atOnce);',
      instead: 'const wakeUps = jobs.map(atOnce);',
    },
    {
      name: 'the message of a job that was put off is deleted although SQS refused the new one',
      text: '.filter((jobId) => !unsent.has(jobId)));\n}\n\nfunction atOnce',
      instead: ');\n}\n\nfunction atOnce',
    },
    {
      name: 'the families and batches of ended jobs are forgotten',
      text: '  await followEndedJobs(ended, ports);\n',
      instead: '',
    },
    {
      name: 'the batches of recorded jobs are forgotten',
      text: 'return batchId === undefined ? [] : { tenant: claim.job.tenant, batchId };',
      instead: 'return batchId === undefined ? [] : [];',
    },
    {
      name: 'the batches of jobs that a claim ended are forgotten',
      text: "if (claim.verdict === 'finished') return claim.endedIn ?? [];",
      instead: "if (claim.verdict === 'finished') return [];",
    },
    {
      name: 'the parents of jobs that a claim ended are forgotten',
      text: 'familiesOf([...finished, ...recorded])',
      instead: 'familiesOf(recorded)',
    },
    {
      name: 'the parents of recorded jobs are forgotten',
      text: 'familiesOf([...finished, ...recorded])',
      instead: 'familiesOf(finished)',
    },
    {
      name: 'the callback of a recorded job gets no message',
      text: '[...callbacksOfRecorded(jobs, recorded), ...recorded',
      instead: '[...recorded',
    },
    {
      name: 'the parked jobs that an outcome woke get no message',
      text: ', ...recorded.flatMap(({ woken = [] }) => woken)];',
      instead: '];',
    },
    {
      name: 'a retried job without its own delivery gets no message',
      text: 'const wakeUps = [...madeDue.map(atOnce), ...retries];',
      instead: 'const wakeUps = madeDue.map(atOnce);',
    },
    {
      name: 'a retried job with its own delivery gets a second message',
      text: ' || isParked || guarded.has(jobId)) return [];',
      instead: ' || isParked) return [];',
    },
    {
      name: 'a suspended job that the sweeper wakes gets a message at once',
      text: ' || isParked || guarded.has(jobId)) return [];',
      instead: ' || guarded.has(jobId)) return [];',
    },
    {
      name: 'a message that names several jobs counts as the message of each',
      text: 'deliveries.filter((each) => jobsOf(each).length === 1)',
      instead: 'deliveries.filter((each) => jobsOf(each).length >= 1)',
    },
    {
      name: 'a retried job counts as guarded although its message was not sent',
      text: '.filter((jobId) => !unsent.has(jobId))]);',
      instead: ']);',
    },
    {
      name: 'a job that two messages name is claimed twice',
      text: 'const jobIds = [...new Set(deliveries.flatMap(jobsOf))];',
      instead: 'const jobIds = deliveries.flatMap(jobsOf);',
    },
    {
      name: 'a job may use the time that is reserved for its record',
      text: 'const deadlineMs = remainingMs - reserveMs(remainingMs);',
      instead: 'const deadlineMs = remainingMs;',
    },
    {
      name: 'the heartbeat goes on after the jobs',
      text: '    heartbeat.end();\n',
      instead: '',
      tests: [EXECUTE, 'test/unit/job/heartbeat.test.ts'],
    },
  ],
};

export const SETTLEMENTS: MutantGroup = {
  file: 'lambdas/job/settle.ts',
  tests: [EXECUTE, WAKE_UPS],
  mutants: [
    {
      name: 'the message of a job that yielded is acknowledged',
      text: "      return { delivery, action: 'return', afterSeconds: 0 };",
      instead: "      return { delivery, action: 'ack' };",
      tests: [EXECUTE, WAKE_UPS, 'test/unit/job/waves.test.ts'],
    },
    {
      name: 'the message of a job that another worker holds is acknowledged',
      text: "return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.leaseEndsInMs) };",
      instead: "return { delivery, action: 'ack' };",
    },
    {
      name: 'the message of a job that is not due is acknowledged',
      text: "return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.dueInMs) };",
      instead: "return { delivery, action: 'ack' };",
    },
    {
      name: 'the message of a retried job is acknowledged',
      text: "return { delivery, action: 'return', afterSeconds: wholeSeconds(record.dueInMs) };",
      instead: "return { delivery, action: 'ack' };",
    },
    {
      name: 'the message of a parked job stays on the queue',
      text: "    case 'finished':\n    case 'parked':\n",
      instead: "    case 'finished':\n",
    },
    {
      name: 'the message of a suspended job stays on the queue',
      text: 'if (isTerminal(record.status) || record.isParked) return',
      instead: 'if (isTerminal(record.status)) return',
    },
    {
      name: 'a superseded attempt removes the message of the other attempt',
      text: "  });\n  return { delivery, action: 'leave' };\n}\n\nfunction settleUnclaimed",
      instead: "  });\n  return { delivery, action: 'ack' };\n}\n\nfunction settleUnclaimed",
    },
    {
      name: 'the message of a job that was not recorded is acknowledged',
      text: "      return { delivery, action: 'leave' };\n  }\n}",
      instead: "      return { delivery, action: 'ack' };\n  }\n}",
    },
    {
      name: 'a message returns before its job is due',
      text: 'return Math.max(1, Math.ceil(ms / 1000));',
      instead: 'return Math.max(1, Math.floor(ms / 1000));',
    },
    {
      name: 'a message returns when the last of its jobs needs it',
      text: 'return one.afterSeconds <= other.afterSeconds ? one : other;',
      instead: 'return one.afterSeconds > other.afterSeconds ? one : other;',
    },
    {
      name: 'a message is acknowledged when one of its jobs has ended',
      text: "if (one.action === 'leave' || other.action === 'ack') return one;",
      instead:
        "if (one.action === 'ack') return one;\n  if (one.action === 'leave' || other.action === 'ack') return other;",
    },
    {
      name: 'a message of another receiver is returned',
      text: "if (other.action === 'leave' || one.action === 'ack') return other;",
      instead: "if (one.action === 'ack') return other;\n  if (other.action === 'leave') return one;",
    },
    {
      name: 'the message of a job that ran in another version is judged by its claim',
      text: '    if (ranElsewhere) return { delivery, ...ranElsewhere };\n',
      instead: '',
      tests: ['test/unit/job/pinned-jobs.test.ts', EXECUTE],
    },
  ],
};

export const DELIVERED: MutantGroup = {
  file: 'lambdas/adapters/sqs/deliveries.ts',
  tests: [DELIVERIES],
  mutants: [
    {
      name: 'the further jobs of a message are not read',
      text: '...(also.length > 0 && { also })',
      instead: '',
    },
    {
      name: 'the further jobs of a dead letter are not read',
      text: 'wakeUps.push(...[jobId, ...toFurtherJobIds(content)].map',
      instead: 'wakeUps.push(...[jobId].map',
    },
  ],
};

export const SETTLED_MESSAGES: MutantGroup = {
  file: 'lambdas/adapters/sqs/settlements.ts',
  tests: ['test/unit/adapters/settlements.test.ts'],
  mutants: [
    {
      name: 'messages that are to return are acknowledged',
      text: ".filter(({ action }) => action !== 'ack')",
      instead: ".filter(({ action }) => action === 'leave')",
    },
    {
      name: 'acknowledged messages return',
      text: ".filter(({ action }) => action !== 'ack')",
      instead: '.filter(() => true)',
    },
    {
      name: 'a message is hidden longer than SQS allows',
      text: 'VisibilityTimeout: Math.min(afterSeconds, MAX_VISIBILITY_SECONDS),',
      instead: 'VisibilityTimeout: afterSeconds,',
    },
    {
      name: 'messages return during an outage until they are dead letters',
      text: 'return error instanceof StoreUnavailableError && error.isResuming\n',
      instead: 'return error instanceof StoreUnavailableError\n',
    },
    {
      name: 'messages wait for their visibility timeout while the database resumes',
      text: 'return error instanceof StoreUnavailableError && error.isResuming\n',
      instead: 'return error instanceof StoreUnavailableError && !error.isResuming\n',
    },
    {
      name: 'a message whose visibility could not be set is not logged',
      text: '    for (const message of messages) warn(message, error);\n',
      instead: '    for (const message of messages.slice(0, 0)) warn(message, error);\n',
    },
  ],
};

export const SENT_MESSAGES: MutantGroup = {
  file: 'lambdas/adapters/sqs/job-queue.ts',
  tests: ['test/unit/adapters/job-queue.test.ts'],
  mutants: [
    {
      name: 'one message names jobs of two tenants',
      text: '`${delayOf(wakeUp)} ${wakeUp.tenant}`',
      instead: '`${delayOf(wakeUp)}`',
    },
    {
      name: 'one message names jobs of two delays',
      text: '`${delayOf(wakeUp)} ${wakeUp.tenant}`',
      instead: '`${wakeUp.tenant}`',
    },
    {
      name: 'messages that SQS refused count as sent',
      text: 'return packed ? [packed] : [];',
      instead: 'return packed ? [] : [];',
    },
    {
      name: 'messages count as sent although the call failed',
      text: '        unsent.push(...batch);\n',
      instead: '',
    },
    {
      name: 'messages to a removed queue count as sent',
      text: '      return wakeUps.map(({ jobId }) => jobId);\n    }\n    const messages',
      instead: '      return [];\n    }\n    const messages',
    },
    {
      name: 'a message comes before its job is due',
      text: 'Math.max(0, Math.ceil(delaySeconds))',
      instead: 'Math.max(0, Math.floor(delaySeconds))',
    },
  ],
};
