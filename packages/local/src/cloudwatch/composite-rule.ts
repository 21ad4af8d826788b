import type { AlarmState } from './judge.ts';

/** Returns an alarm's state, given its name or ARN; undefined if the alarm does not exist. */
export type StateOf = (alarm: string) => AlarmState | undefined;

/** A composite alarm's rule, which combines the states of other alarms. */
export interface CompositeRule {
  /** The names and ARNs of the alarms that the rule refers to. */
  readonly alarms: readonly string[];
  holds(stateOf: StateOf): boolean;
}

const TOKEN =
  /\s*(?:(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^"()\s]+))\s*\)|(TRUE|FALSE|AND|OR|NOT|[()]))/y;

interface Token {
  readonly word: string;
  readonly alarm?: string;
}

/**
 * Parses a composite alarm's rule, such as `ALARM("slow") AND NOT ALARM("deploying")`:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 *
 * @throws a one-line Error
 */
export function parseCompositeRule(source: string): CompositeRule {
  const tokens = tokensOf(source);
  let position = 0;
  const take = (word: string): boolean => {
    if (tokens[position]?.word !== word) return false;
    position += 1;
    return true;
  };

  function either(): CompositeRule['holds'] {
    let left = both();
    while (take('OR')) {
      const [first, second] = [left, both()];
      left = (stateOf) => first(stateOf) || second(stateOf);
    }
    return left;
  }

  function both(): CompositeRule['holds'] {
    let left = single();
    while (take('AND')) {
      const [first, second] = [left, single()];
      left = (stateOf) => first(stateOf) && second(stateOf);
    }
    return left;
  }

  function single(): CompositeRule['holds'] {
    if (take('NOT')) {
      const inner = single();
      return (stateOf) => !inner(stateOf);
    }
    if (take('(')) {
      const inner = either();
      if (!take(')')) throw notUnderstood(source);
      return inner;
    }
    if (take('TRUE')) return () => true;
    if (take('FALSE')) return () => false;
    const { word, alarm } = tokens[position] ?? { word: '' };
    if (alarm === undefined) throw notUnderstood(source);
    position += 1;
    return (stateOf) => stateOf(alarm) === word;
  }

  const holds = either();
  if (position < tokens.length) throw notUnderstood(source);
  return { alarms: tokens.flatMap(({ alarm }) => alarm ?? []), holds };
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const [, state, quoted, bare, word] = TOKEN.exec(source) ?? [];
    const alarm = quoted ?? bare;
    if (state !== undefined && alarm !== undefined) tokens.push({ word: state, alarm });
    else if (word !== undefined) tokens.push({ word });
    else throw notUnderstood(source);
  }
  return tokens;
}

function notUnderstood(source: string): Error {
  return new Error(
    `the alarm rule ${source} is not valid: combine ALARM("name"), OK("name") and INSUFFICIENT_DATA("name") with AND, OR, NOT and parentheses`,
  );
}
