import type { CallRule, MessageRule, Rule, ThrottleRule } from './rule.ts';
import { strikes } from './strikes.ts';

/** An AWS call that is about to reach its service. */
export interface Call {
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  /** The calling invocation's event; undefined if the caller is not a running function. */
  readonly event: string | undefined;
  /** Whether the calling process can be killed. */
  readonly isKillable: boolean;
}

/** An active rule with its counts. */
export interface ArmedRule {
  readonly id: string;
  readonly rule: Rule;
  /** The number of matching calls, messages or invocations. */
  matched: number;
  struck: number;
}

/** The active rules, which are checked at each point where a fault can be injected. */
export interface Faults {
  /** Adds rules after the existing rules. @returns their IDs, in order */
  arm(rules: readonly Rule[]): string[];
  /** @param id the ID of one rule; all rules if omitted @returns the number of removed rules */
  disarm(id?: string): number;
  list(): readonly ArmedRule[];
  /** Returns the rule that applies to this call, if any. */
  ofCall(call: Call): CallRule | undefined;
  /** Returns the effect of the rule that applies to a sent message, if any. */
  ofMessage(queueName: string, body: string): MessageRule['effect'] | undefined;
  isThrottled(functionName: string): boolean;
}

/**
 * Creates an empty list of rules. Each rule counts its own matches, so that other rules don't affect the matches that a seed selects. If several
 * rules
 * match, the rule that was added first applies.
 *
 * @param now returns milliseconds, on any clock
 */
export function createFaults(now: () => number = () => performance.now()): Faults {
  let armed: ArmedRule[] = [];
  let lastId = 0;
  /** The end times of throttling and database resumes, keyed by rule ID. */
  const ends = new Map<string, number>();

  function strike<Match extends Rule>(matches: (rule: Rule) => rule is Match): Match | undefined {
    let found: Match | undefined;
    for (const entry of armed) {
      const { rule } = entry;
      if (!matches(rule)) continue;
      entry.matched += 1;
      if (found || !isDue(entry)) continue;
      entry.struck += 1;
      found = rule;
    }
    return found;
  }

  function isDue({ id, rule, matched, struck }: ArmedRule): boolean {
    if (rule.effect === 'throttle') {
      return struck < (rule.invocations ?? Infinity) && now() < (ends.get(id) ?? Infinity);
    }
    if (rule.effect === 'pause-aurora') {
      // The first call starts the resume.
      const end = ends.get(id) ?? now() + rule.resume_seconds * 1000;
      ends.set(id, end);
      return now() < end;
    }
    return struck < (rule.times ?? Infinity) && strikes(rule.at, matched);
  }

  return {
    arm(rules) {
      return rules.map((rule) => {
        lastId += 1;
        const id = `fault-${lastId}`;
        if (rule.effect === 'throttle' && rule.seconds !== undefined) {
          ends.set(id, now() + rule.seconds * 1000);
        }
        armed.push({ id, rule, matched: 0, struck: 0 });
        return id;
      });
    },
    disarm(id) {
      const before = armed.length;
      armed = id === undefined ? [] : armed.filter((entry) => entry.id !== id);
      return before - armed.length;
    },
    list: () => armed,
    ofCall: (call) => strike((rule): rule is CallRule => matchesCall(rule, call)),
    ofMessage(queueName, body) {
      const matches = (rule: Rule): rule is MessageRule =>
        'queue' in rule && queueName.includes(rule.queue) && body.includes(rule.body_contains ?? '');
      return strike(matches)?.effect;
    },
    isThrottled(functionName) {
      const matches = (rule: Rule): rule is ThrottleRule =>
        rule.effect === 'throttle' && functionName.includes(rule.function);
      return strike(matches) !== undefined;
    },
  };
}

function matchesCall(rule: Rule, call: Call): boolean {
  if (rule.effect === 'pause-aurora') return call.service === 'rds-data';
  if (rule.effect === 'throttle' || 'queue' in rule) return false;
  const { caller, service, action, event_contains: text } = rule;
  return (
    call.caller.includes(caller ?? '') &&
    (service ?? call.service) === call.service &&
    (action ?? call.action) === call.action &&
    (text === undefined || call.event?.includes(text) === true) &&
    (!rule.effect.startsWith('kill-') || call.isKillable)
  );
}
