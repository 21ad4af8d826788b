import fc from 'fast-check';
import { command, type Command } from './command.ts';

const SECOND = 1_000;

/**
 * Clock jumps. Some jumps are shorter than a lease; others exceed the lease, the visibility timeout, the dedup window, or a message's maximum delay.
 */
const JUMPS = [
  SECOND,
  3 * SECOND,
  10 * SECOND,
  20 * SECOND,
  47 * SECOND,
  61 * SECOND,
  301 * SECOND,
  1_300 * SECOND,
];

export const timePasses: fc.Arbitrary<Command> = fc.constantFrom(...JUMPS).map((ms) =>
  command(
    `${ms} ms pass`,
    () => true,
    (world) => world.advance(ms),
  ),
);

/** SQS loses a message, although SQS promises at-least-once delivery. */
export const losses: fc.Arbitrary<Command> = fc.nat({ max: 7 }).map((index) =>
  command(
    `lose message ${index}`,
    ({ queue }) => queue.wakeUps.length > 0,
    ({ queue }) => {
      const message = queue.wakeUps[index % queue.wakeUps.length];
      if (message) queue.remove([message.id]);
    },
  ),
);

/** SQS duplicates a message. The copy may be received immediately. */
export const duplicates: fc.Arbitrary<Command> = fc.nat({ max: 7 }).map((index) =>
  command(
    `double message ${index}`,
    ({ queue }) => queue.main.length > 0,
    ({ queue }) => {
      const message = queue.main[index % queue.main.length];
      if (message) queue.put(message.queue, message.body, 0);
    },
  ),
);

/** A message arrives late. */
export const delays: fc.Arbitrary<Command> = fc.nat({ max: 7 }).map((index) =>
  command(
    `delay message ${index}`,
    ({ queue }) => queue.main.length > 0,
    ({ queue }) => {
      const message = queue.main[index % queue.main.length];
      if (message) message.visibleAt += 90 * SECOND;
    },
  ),
);

/** A deployment removes the `images` queue, or adds it again. */
export const deployments: fc.Arbitrary<Command> = fc.constant(
  command(
    'deploy with or without the queue images',
    () => true,
    ({ queue }) => {
      if (queue.names.has('images')) queue.removeQueue('images');
      else queue.names.add('images');
    },
  ),
);

/** A deployment changes the workers' code. From now on, messages invoke the new version. */
export const newVersions: fc.Arbitrary<Command> = fc.constant(
  command(
    'deploy a new version of the workers',
    () => true,
    (world) => {
      world.version += 1;
    },
  ),
);
