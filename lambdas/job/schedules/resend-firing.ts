import type { ServiceLog } from '../log.ts';
import { isTooOld, type Firing } from './firing.ts';
import type { FiringQueue } from './ports.ts';

export interface ResendPorts {
  readonly firings: FiringQueue;
  readonly now: () => Date;
  readonly log: ServiceLog;
}

/**
 * Sends a firing from the dead-letter queue back to the firing queue, where `fireSchedule` decides whether the firing
 * still submits a job. A firing that is too old is logged and dropped.
 *
 * @returns false if the firing must stay in the dead-letter queue
 */
export async function resendFiring(firing: Firing, { firings, now, log }: ResendPorts): Promise<boolean> {
  const { tenant, name: schedule, fireTime: fire_time } = firing;
  const about = { tenant, schedule, fire_time };
  if (isTooOld(firing, now())) {
    log.error(
      'dead_firing_expired',
      'A firing in the dead-letter queue is too old to submit a job. It is dropped.',
      about,
    );
    return true;
  }
  try {
    await firings.send(firing);
  } catch (error) {
    log.error('dead_firing_not_sent', 'SQS did not accept a firing. It stays in the dead-letter queue.', {
      ...about,
      error,
    });
    return false;
  }
  log.warn('dead_firing_resent', 'A firing in the dead-letter queue was sent again.', about);
  return true;
}
