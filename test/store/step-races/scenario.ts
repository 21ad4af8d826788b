import fc from 'fast-check';
import type { Children, Instruction, Program } from './program.ts';
import type { Fate } from './worker.ts';

/** A client's action on a job. `nth` is the job's position in the scenario. */
export interface Request {
  readonly does: 'signal' | 'signal again' | 'cancel' | 'retry';
  readonly nth: number;
  readonly name: (typeof SIGNALS)[number];
}

export interface Scenario {
  readonly jobs: readonly { readonly program: Program; readonly maxSeconds: number | undefined }[];
  /** The actions of two concurrent clients. */
  readonly requests: readonly (readonly Request[])[];
  /** The fate of each invocation. If there are more invocations than fates, the list starts over. */
  readonly fates: readonly { readonly fate: Fate; readonly repeats: boolean }[];
  readonly workers: number;
}

export const SIGNALS = ['approve', 'paid'] as const;

const children = (arbitrary: fc.Arbitrary<Program>, most: number): fc.Arbitrary<Children> =>
  fc.record({
    programs: fc.array(arbitrary, { minLength: 1, maxLength: most }),
    endWithParent: fc.constantFrom(true, true, false),
  });

/** A child's code. */
const childProgram: fc.Arbitrary<Program> = fc.constantFrom<Program>(
  [],
  [],
  [[{ does: 'run', step: 'own' }]],
  [[{ does: 'sleep', step: 'nap', forMs: 15 }]],
  [[{ does: 'signal', step: 'paid', timeoutMs: 30 }], [{ does: 'run', step: 'own' }]],
);

const groups: fc.Arbitrary<readonly Instruction[]> = fc.oneof(
  fc.constantFrom<readonly Instruction[]>(
    [{ does: 'sleep', step: 'nap', forMs: 0 }],
    [{ does: 'sleep', step: 'nap', forMs: 30 }],
    [{ does: 'signal', step: 'approve' }],
    [{ does: 'signal', step: 'approve', timeoutMs: 25 }],
    [
      { does: 'signal', step: 'approve', timeoutMs: 40 },
      { does: 'signal', step: 'paid' },
    ],
  ),
  children(childProgram, 4).map((given): readonly Instruction[] => [
    { does: 'map', step: 'fan', children: given },
  ]),
  children(childProgram, 3).map((given): readonly Instruction[] => [
    { does: 'map', step: 'fan', children: given },
    { does: 'signal', step: 'approve', timeoutMs: 40 },
  ]),
  children(childProgram, 1).map((given): readonly Instruction[] => [
    { does: 'child', step: 'one', children: given },
  ]),
);

/** Generates code that runs steps before, between and after its waits. Children may be parents themselves. */
const program: fc.Arbitrary<Program> = fc
  .tuple(groups, fc.boolean(), fc.constantFrom(undefined, undefined, children(childProgram, 2)))
  .chain(([group, handsOver, inner]) =>
    (inner ?? fc.constant(undefined)).map((given): Program => [
      [{ does: 'run', step: 'first', handsOver }],
      group,
      [{ does: 'run', step: 'between' }],
      ...(given ? [[{ does: 'map', step: 'last fan', children: given } as const]] : []),
      [{ does: 'run', step: 'last' }],
    ]),
  );

/** Generates the code of a parent whose children are parents themselves. */
const nested: fc.Arbitrary<Program> = children(program, 2).map((given): Program => [
  [{ does: 'map', step: 'fan of parents', children: given }],
  [{ does: 'run', step: 'last' }],
]);

const request: fc.Arbitrary<Request> = fc.record({
  does: fc.constantFrom('signal', 'signal', 'signal', 'signal again', 'cancel', 'retry'),
  nth: fc.nat(),
  name: fc.constantFrom(...SIGNALS),
});

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('goes on' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('fails' as const, 'dies after the record' as const, 'is late' as const),
  },
  { weight: 2, arbitrary: fc.record({ diesAfter: fc.nat({ max: 5 }) }) },
);

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  jobs: fc.array(
    fc.record({
      program: fc.oneof({ weight: 4, arbitrary: program }, { weight: 1, arbitrary: nested }),
      maxSeconds: fc.constantFrom(undefined, undefined, undefined, 1),
    }),
    { minLength: 6, maxLength: 16, size: 'max' },
  ),
  requests: fc.tuple(
    fc.array(request, { minLength: 5, maxLength: 25, size: 'max' }),
    fc.array(request, { minLength: 5, maxLength: 25, size: 'max' }),
  ),
  fates: fc.array(fc.record({ fate, repeats: fc.constantFrom(false, false, true) }), {
    minLength: 5,
    maxLength: 40,
    size: 'max',
  }),
  workers: fc.integer({ min: 4, max: 7 }),
});
