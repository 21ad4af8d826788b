import type { Difference } from './contract.ts';
import { ACCEPTED } from './world.ts';

const all = ['ministack', 'moto', 'localstack'] as const;

/** The cases in `suites/scheduler-inputs.ts` in which MiniStack, moto or LocalStack differs from AWS. */
export const schedulerDifferences: readonly Difference[] = [
  ...all.map((target): Difference => ({
    target,
    protocol: 'scheduler',
    case: 'a creation that is repeated with its ClientToken is executed once',
    does: { thrown: 'ConflictException', sameArn: undefined, other: undefined },
    says: 'Refuses the repeated call.',
    aws: 'ClientToken makes the request idempotent.',
  })),
  ...all.map((target): Difference => ({
    target,
    protocol: 'scheduler',
    case: 'a retry policy has at most 185 attempts and an age of 60 to 86,400 seconds',
    does: { attempts: ACCEPTED, short: ACCEPTED, long: ACCEPTED },
    says: 'Accepts 186 attempts, and ages of 59 and 86,401 seconds.',
    aws: 'Values outside these ranges are a ValidationException.',
  })),
  ...(['ministack', 'moto'] as const).map((target): Difference => ({
    target,
    protocol: 'scheduler',
    case: 'a rate with spaces inside its parentheses or before its name is refused',
    does: { inside: ACCEPTED, before: ACCEPTED, unit: ACCEPTED },
    says: 'Accepts spaces and a misspelled unit.',
    aws: 'ValidationException, 400.',
  })),
  ...all.map((target): Difference => ({
    target,
    protocol: 'scheduler',
    case: 'a target’s input has at most 256 KiB',
    does: { larger: ACCEPTED },
    says: 'Accepts 262,145 bytes.',
    aws: 'An input has at most 256 KB.',
  })),
];
