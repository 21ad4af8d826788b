import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** The operations' side effects through which one tenant could affect another. */
export const SIDE_EFFECTS = [
  'messages',
  'callbacks',
  'webhook keys',
  'files',
  'limits',
  'sweeps',
  'batches',
  'bulk changes',
  'waits',
  'firings',
  'statistics',
  'dedup windows',
  'pauses',
  'batch counts',
  'keys',
  'signals',
  'API keys',
] as const;

export type SideEffect = (typeof SIDE_EFFECTS)[number];

/**
 * The side effects of each operation that does more than read. Operations with `?wait=` are also listed, because a waiting read occupies a wait slot.
 * A side effect's trial must call every operation that has the side effect.
 */
export const OPERATION_SIDE_EFFECTS: Readonly<Record<string, readonly SideEffect[]>> = {
  createJob: [
    'callbacks',
    'files',
    'limits',
    'sweeps',
    'batches',
    'waits',
    'statistics',
    'dedup windows',
    'keys',
  ],
  createJobs: [
    'callbacks',
    'limits',
    'sweeps',
    'batches',
    'statistics',
    'dedup windows',
    'batch counts',
    'keys',
  ],
  changeJobs: ['bulk changes'],
  getBatch: ['batch counts'],
  getJob: ['waits'],
  cancelJob: ['callbacks', 'statistics'],
  sendSignal: ['signals'],
  answerApproval: ['signals'],
  retryJob: ['callbacks', 'limits', 'statistics'],
  rotateWebhookKey: ['webhook keys'],
  createUpload: ['files'],
  createDownload: ['files'],
  putSchedule: ['firings'],
  deleteSchedule: ['firings'],
  startSchedule: ['firings'],
  stopSchedule: ['firings'],
  startSchedules: ['firings'],
  stopSchedules: ['firings'],
  createMessage: ['messages'],
  pauseQueue: ['pauses'],
  resumeQueue: ['pauses'],
  pauseJobType: ['pauses'],
  resumeJobType: ['pauses'],
  putConcurrencyLimit: ['pauses'],
  deleteConcurrencyLimit: ['pauses'],
  createApiKey: ['API keys'],
  rotateApiKey: ['API keys'],
  revokeApiKey: ['API keys'],
};

/** A test of whether one tenant can affect another through a side effect. */
export interface Trial {
  /** The test's name. */
  readonly title: string;
  /**
   * Calls every operation that has the side effect. Checks that the attacker, or a bystander that needs the same resource, gets the same results as
   * in a deployment without other tenants. After the trial, the test checks that the victim is unaffected.
   */
  readonly attack: (attacker: Tenant, world: World) => Promise<void>;
}

export function operationsWith(effect: SideEffect): string[] {
  return Object.entries(OPERATION_SIDE_EFFECTS)
    .filter(([, effects]) => effects.includes(effect))
    .map(([operation]) => operation);
}
