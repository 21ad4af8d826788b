import { z } from 'zod';

const name = z.string().min(1);
const count = z.int().min(1);

/** Which of a rule's matches it strikes; the k-th match since the rule was added is number k, from 1. */
const at = z
  .strictObject({
    /** Only the Nth. */
    nth: count.optional(),
    /** The Nth and all later ones. */
    from: count.optional(),
    /** The first N. */
    first: count.optional(),
    /** Each match with this probability, which depends only on `seed` and k. */
    share: z.number().min(0).max(1).optional(),
    seed: z.union([z.int(), name]).optional(),
  })
  .check(({ value, issues }) => {
    const modes = (['nth', 'from', 'first', 'share'] as const).filter((mode) => value[mode] !== undefined);
    const refuse = (message: string) => issues.push({ code: 'custom', input: value, message });
    if (modes.length !== 1) refuse('give one of "nth", "from", "first" and "share" with "seed"');
    else if ((modes[0] === 'share') !== (value.seed !== undefined)) {
      refuse('"share" and "seed" go together: a share without a seed could not be reproduced');
    }
  });

const when = {
  /** @default - all of them */
  at: at.optional(),
  /** The maximum number of strikes. @default - no limit */
  times: count.optional(),
};

/** The conditions on a call; a missing condition matches all calls. */
const call = {
  /** The calling function's name, or a part of it. */
  caller: name.optional(),
  /** The SigV4 signing name: `sqs`, `rds-data`. */
  service: name.optional(),
  /** The action's name in `GET /_errand/calls`: `SendMessage`. */
  action: name.optional(),
  /** A string in the event of the calling invocation. */
  event_contains: name.optional(),
};

const rule = z.discriminatedUnion('effect', [
  z.strictObject({
    effect: z.literal('fail'),
    ...call,
    ...when,
    /** `internal`, `throttling`, or the name of an error of the service. @default internal */
    code: name.optional(),
    /** HTTP status, 400 to 599. @default - the status of `internal` or `throttling`; 400 for another code */
    status: z.int().min(400).max(599).optional(),
    /** The error's message. @default - says that it comes from a fault */
    message: name.optional(),
  }),
  z.strictObject({ effect: z.literal('delay'), ...call, ...when, milliseconds: count }),
  z.strictObject({
    effect: z.enum(['time-out', 'drop-answer', 'kill-before', 'kill-after']),
    ...call,
    ...when,
  }),
  z.strictObject({
    effect: z.enum(['duplicate', 'lose']),
    /** The queue's name, or a part of it. */
    queue: name,
    /** A string in the message's body. */
    body_contains: name.optional(),
    ...when,
  }),
  z
    .strictObject({
      effect: z.literal('throttle'),
      /** The function's name, or a part of it. */
      function: name,
      /** Counted from now. */
      seconds: z.number().positive().optional(),
      /** How many invocations are refused. */
      invocations: count.optional(),
    })
    .check(({ value, issues }) => {
      if ((value.seconds === undefined) !== (value.invocations === undefined)) return;
      issues.push({ code: 'custom', input: value, message: 'give either "seconds" or "invocations"' });
    }),
  z.strictObject({
    effect: z.literal('pause-aurora'),
    /**
     * Counted from the first call, which begins the resume. AWS names 15 for a typical pause, and 30 or longer after a pause of
     * more than a day: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
     */
    resume_seconds: z.number().min(0).default(15),
    /** The error of each call until the database has resumed: the Data API has several. */
    refusal: z.enum(['resuming', 'link-failure', 'statement-timeout']).default('resuming'),
  }),
]);

export type Rule = z.infer<typeof rule>;
export type PauseRule = Extract<Rule, { effect: 'pause-aurora' }>;
export type At = z.infer<typeof at>;
export type ThrottleRule = Extract<Rule, { effect: 'throttle' }>;
export type MessageRule = Extract<Rule, { queue: string }>;
/** A rule that strikes AWS calls. */
export type CallRule = Exclude<Rule, ThrottleRule | MessageRule>;

/** A rule is invalid. The message names each invalid field and its problem. */
export class InvalidRuleError extends Error {}

/**
 * Reads one rule or a list of them.
 * @throws InvalidRuleError
 */
export function readRules(input: unknown): Rule[] {
  const parsed = z.array(rule).safeParse(Array.isArray(input) ? input : [input]);
  if (parsed.success) return parsed.data;
  throw new InvalidRuleError(parsed.error.issues.map(describeIssue).join('; '));
}

const EFFECTS = rule.options.flatMap(({ shape: { effect } }) => [
  ...('values' in effect ? effect.values : effect.options),
]);

function describeIssue(issue: z.core.$ZodIssue): string {
  const [index = 0, ...path] = issue.path;
  const field = ['rule', String(index), ...path.map(String)].join('.');
  if (issue.code === 'invalid_union') return `${field}: must be one of ${EFFECTS.join(', ')}`;
  return `${field}: ${issue.message}`;
}
