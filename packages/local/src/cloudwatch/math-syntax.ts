/** A parsed metric math expression. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'negation'; readonly operand: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] };

export type Operator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<=' | '>=' | '<' | '>' | 'AND' | 'OR';

/** Thrown for invalid or unsupported expressions. */
export class MathError extends Error {
  override readonly name = 'MathError';
}

/** Operators from lowest to highest precedence. All except `^` are left-associative. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
];

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z]\w*)|(["'])(.*?)\3|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;
const SYNONYMS: Readonly<Record<string, string>> = { '&&': 'AND', '||': 'OR' };

interface Token {
  readonly kind: 'number' | 'word' | 'text' | 'sign' | 'end';
  readonly text: string;
}

/**
 * Parses a metric math expression: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws MathError
 */
export function parseExpression(source: string): Expression {
  const tokens = tokensOf(source);
  let position = 0;
  const next = (): Token => tokens[position] ?? { kind: 'end', text: 'its end' };
  const isNext = (text: string): boolean => next().kind !== 'text' && next().text === text;
  const unexpected = (): MathError =>
    new MathError(`the expression ${source} is not understood at ${next().text}`);

  function take(text: string): boolean {
    if (!isNext(text)) return false;
    position += 1;
    return true;
  }

  function expect(text: string): void {
    if (!take(text)) throw unexpected();
  }

  function operation(level = 0): Expression {
    const operators = PRECEDENCE[level];
    if (!operators) return unary();
    let left = operation(level + 1);
    for (;;) {
      const operator = operators.find(take);
      if (operator === undefined) return left;
      left = { kind: 'operation', operator: operator as Operator, left, right: operation(level + 1) };
    }
  }

  function unary(): Expression {
    if (take('-')) return { kind: 'negation', operand: unary() };
    const base = primary();
    return take('^') ? { kind: 'operation', operator: '^', left: base, right: unary() } : base;
  }

  function list(end: string): Expression[] {
    const items: Expression[] = [];
    if (take(end)) return items;
    do items.push(operation());
    while (take(','));
    expect(end);
    return items;
  }

  function primary(): Expression {
    if (take('(')) {
      const inner = operation();
      expect(')');
      return inner;
    }
    if (take('[')) return { kind: 'list', items: list(']') };
    const { kind, text } = next();
    if (kind === 'sign' || kind === 'end') throw unexpected();
    position += 1;
    if (kind === 'number') return { kind, value: Number(text) };
    if (kind === 'text') return { kind, value: text };
    return take('(') ? { kind: 'call', name: text, arguments: list(')') } : { kind: 'id', id: text };
  }

  const parsed = operation();
  if (next().kind !== 'end') throw unexpected();
  return parsed;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const [, number, word, quote, text = '', sign] = TOKEN.exec(source) ?? [];
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (quote !== undefined) tokens.push({ kind: 'text', text });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: SYNONYMS[sign] ?? sign });
    else throw new MathError(`the expression ${source} is not understood at ${source.slice(from).trim()}`);
  }
  return tokens;
}
