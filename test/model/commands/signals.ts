import fc from 'fast-check';
import { createSignalStore } from '../../../lambdas/adapters/aurora/signal-store.ts';
import { StateConflictError, StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { sendSignal } from '../../../lambdas/job/steps/signals.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import { SIGNAL } from '../world/handlers.ts';
import type { Rows } from '../world/rows.ts';
import { activityOf, REQUEST_MS } from './api.ts';
import { command, type Command } from './command.ts';

/** A client sends a signal to a job with steps. The signal is either new or a repetition of an earlier signal. */
export const signals: fc.Arbitrary<Command> = fc
  .tuple(fc.nat({ max: 7 }), fc.constantFrom('one', 'two'))
  .map(([index, key]) =>
    command(
      `signal ${key} to job ${index} with steps`,
      ({ rows }) => withSteps(rows).length > 0,
      (world) => {
        const ids = withSteps(world.rows);
        const jobId = ids[index % ids.length] ?? '';
        world.actors.start('api', world.now + REQUEST_MS, async (actor) => {
          const ports = {
            store: createSignalStore(world.dataApi(actor)),
            queue: world.jobQueue(actor),
            activity: activityOf(world, actor, 0),
            clock: world.clock,
            log: world.log,
          };
          const entry = entryOf('job.signal', world.clock.newId());
          try {
            await sendSignal('default', jobId, SIGNAL, { payload: { key }, key }, entry, ports);
            world.acceptedSignals.add(`${jobId} ${key}`);
          } catch (error) {
            if (error instanceof StoreUnavailableError || error instanceof StateConflictError) return;
            world.violations.push(`The signal to ${jobId} failed: ${String(error)}`);
          }
        });
      },
    ),
  );

function withSteps({ jobs }: Rows): string[] {
  return [...jobs.values()].flatMap(({ job_id: id, payload }) => (payload.steps === undefined ? [] : id));
}
