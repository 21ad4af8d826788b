import { z } from 'zod';

const name = z.string().min(1);
const count = z.int().min(1);

/** Selects the matches that a rule applies to. Matches are numbered from 1, and counting starts when the rule is added. */
const at = z
  .strictObject({
    /** Only the Nth match. */
    nth: count.optional(),
    /** The Nth match, and all later ones. */
    from: count.optional(),
    /** The first N matches. */
    first: count.optional(),
    /** Selects each match with this probability. The choice depends only on `seed` and the match's number. */
    share: z.number().min(0).max(1).optional(),
    seed: z.union([z.int(), name]).optional(),
  })
  .check(({ value, issues }) => {
    const modes = (['nth', 'from', 'first', 'share'] as const).filter((mode) => value[mode] !== undefined);
    const refuse = (message: string) => issues.push({ code: 'custom', input: value, message });
    if (modes.length !== 1) refuse('use exactly one of "nth", "from", "first", and "share" with "seed"');
    else if ((modes[0] === 'share') !== (value.seed !== undefined)) {
      refuse(
        '"share" and "seed" must be used together, because a share without a seed could not be reproduced',
      );
    }
  });

const when = {
  /** The matches that the rule applies to. @default - all matches */
  at: at.optional(),
  /** The maximum number of times that the rule applies. @default - no limit */
  times: count.optional(),
};

/** A rule's conditions on a call. A missing condition matches all calls. */
const call = {
  /** The calling function's name, or part of it. */
  caller: name.optional(),
  /** The SigV4 signing name, such as `sqs` or `rds-data`. */
  service: name.optional(),
  /** The action's name as in `GET /_errand/calls`, such as `SendMessage`. */
  action: name.optional(),
  /** A substring of the calling invocation's event. */
  event_contains: name.optional(),
};

const rule = z.discriminatedUnion('effect', [
  z.strictObject({
    effect: z.literal('fail'),
    ...call,
    ...when,
    /** The error: `internal`, `throttling`, or one of the service's error codes. @default internal */
    code: name.optional(),
    /**
     * The HTTP status code, 400 to 599. @default - the status code for `internal` or `throttling`; 400 for any other error code
     */
    status: z.int().min(400).max(599).optional(),
    /** The error's message. @default - a message saying that the error was injected */
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
    /** The queue's name, or part of it. */
    queue: name,
    /** A substring of the message's body. */
    body_contains: name.optional(),
    ...when,
  }),
  z
    .strictObject({
      effect: z.literal('throttle'),
      /** The function's name, or part of it. */
      function: name,
      /** How long invocations are throttled after the rule is added, in seconds. */
      seconds: z.number().positive().optional(),
      /** The number of invocations to throttle. */
      invocations: count.optional(),
    })
    .check(({ value, issues }) => {
      if ((value.seconds === undefined) !== (value.invocations === undefined)) return;
      issues.push({ code: 'custom', input: value, message: 'use either "seconds" or "invocations"' });
    }),
  z.strictObject({
    effect: z.literal('pause-aurora'),
    /**
     * How long the database takes to resume, in seconds. The first call starts the resume. According to AWS, a resume typically takes 15
     * seconds, and 30 seconds or more after a pause of more than a day:
     * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
     */
    resume_seconds: z.number().min(0).default(15),
    /** The error that all calls get until the database has resumed. The Data API has several such errors. */
    refusal: z.enum(['resuming', 'link-failure', 'statement-timeout']).default('resuming'),
  }),
]);

export type Rule = z.infer<typeof rule>;
export type PauseRule = Extract<Rule, { effect: 'pause-aurora' }>;
export type At = z.infer<typeof at>;
export type ThrottleRule = Extract<Rule, { effect: 'throttle' }>;
export type MessageRule = Extract<Rule, { queue: string }>;
/** A rule that applies to AWS calls. */
export type CallRule = Exclude<Rule, ThrottleRule | MessageRule>;

/** Thrown for an invalid rule. The message names each invalid field and its problem. */
export class InvalidRuleError extends Error {}

/**
 * Parses a rule or a list of rules.
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
