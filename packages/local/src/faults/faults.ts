import type { CallRule, MessageRule, Rule, ThrottleRule } from './rule.ts';
import { strikes } from './strikes.ts';

/** An AWS call that is about to reach its service. */
export interface Call {
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  /** The event of the invocation that makes the call; undefined for a caller that is no running function. */
  readonly event: string | undefined;
  /** Whether the process that makes it is one that could be killed. */
  readonly isKillable: boolean;
}

/** A rule that is in force, and how it has fared. */
export interface ArmedRule {
  readonly id: string;
  readonly rule: Rule;
  /** Calls, messages or invocations that it was asked about because they matched. */
  matched: number;
  struck: number;
}

/** The rules in force, asked at each point where something could go wrong. */
export interface Faults {
  /** Puts rules in force from now on, after those that are already. @returns their ids, in order */
  arm(rules: readonly Rule[]): string[];
  /** @param id that of one rule; all without it. @returns how many there were */
  disarm(id?: string): number;
  list(): readonly ArmedRule[];
  /** The rule that strikes this call. */
  ofCall(call: Call): CallRule | undefined;
  /** What becomes of a message that was sent, where that is neither once nor at all. */
  ofMessage(queueName: string, body: string): MessageRule['effect'] | undefined;
  isThrottled(functionName: string): boolean;
}

/**
 * Every rule counts all that matches it, whatever other rules do, so that what a seed strikes does not hang on them.
 * Where several would strike, the one that was armed first does.
 *
 * @param now milliseconds since any moment
 */
export function createFaults(now: () => number = () => performance.now()): Faults {
  let armed: ArmedRule[] = [];
  let lastId = 0;
  /** When a throttle ends, or a resume that has begun. */
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
      // The first call begins the resume.
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
