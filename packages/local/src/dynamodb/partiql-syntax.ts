/*
 * The supported PartiQL: writes of a single item, with a parameter for each value.
 *
 *     INSERT INTO "table" VALUE {'name': ?, …}
 *     UPDATE "table" SET "name" = ? SET … WHERE condition
 *     DELETE FROM "table" WHERE condition
 *
 * A condition compares attributes with parameters using `=` and `<=`, and combines comparisons with AND, OR and parentheses.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 */

/** An attribute's name, and the zero-based index of the parameter that contains the attribute's value. */
export interface Assignment {
  readonly name: string;
  readonly parameter: number;
}

export type Condition =
  | ({ readonly comparator: '=' | '<=' } & Assignment)
  | { readonly joint: 'AND' | 'OR'; readonly parts: readonly Condition[] };

export type PartiqlStatement = {
  readonly table: string;
  /** The number of parameters in the statement. */
  readonly parameters: number;
} & (
  | { readonly kind: 'INSERT'; readonly item: readonly Assignment[] }
  | { readonly kind: 'UPDATE'; readonly sets: readonly Assignment[]; readonly where: Condition }
  | { readonly kind: 'DELETE'; readonly where: Condition }
);

/** Thrown for invalid or unsupported PartiQL statements. */
export class PartiqlError extends Error {
  override readonly name = 'PartiqlError';
}

/** A token: a name in double quotes, a name in single quotes, a word, `<=`, or any other character. */
const TOKEN = /\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z_][\w.-]*)|(<=|\S))/y;

interface Token {
  readonly kind: 'name' | 'text' | 'word' | 'sign' | 'end';
  readonly text: string;
}

/** @throws PartiqlError that says what is not supported */
export function parseStatement(statement: string): PartiqlStatement {
  const reader = new Reader(statement);
  const kind = reader.word('INSERT', 'UPDATE', 'DELETE');
  if (kind === 'INSERT') reader.word('INTO');
  if (kind === 'DELETE') reader.word('FROM');
  const table = reader.name();
  let parsed: PartiqlStatement;
  if (kind === 'INSERT') {
    reader.word('VALUE');
    parsed = { kind, table, item: reader.tuple(), parameters: reader.parameters };
  } else if (kind === 'UPDATE') {
    const sets = [];
    do {
      reader.word('SET');
      sets.push(reader.assignment());
    } while (reader.isNext('SET'));
    reader.word('WHERE');
    parsed = { kind, table, sets, where: reader.condition(), parameters: reader.parameters };
  } else {
    reader.word('WHERE');
    parsed = { kind, table, where: reader.condition(), parameters: reader.parameters };
  }
  reader.end();
  return parsed;
}

class Reader {
  parameters = 0;
  readonly #tokens: Token[];
  #next = 0;

  constructor(statement: string) {
    this.#tokens = tokensOf(statement);
  }

  /** Reads one of the expected words; keywords are case-insensitive. */
  word<Word extends string>(...expected: Word[]): Word {
    const found = expected.find((each) => this.isNext(each));
    if (found === undefined) return this.#refuse(expected.join(', '));
    this.#next += 1;
    return found;
  }

  isNext(expected: string): boolean {
    const { kind, text } = this.#peek();
    return (kind === 'word' || kind === 'sign') && text.toUpperCase() === expected;
  }

  /** Reads the name of a table or an attribute. */
  name(): string {
    const { kind, text } = this.#peek();
    if (kind !== 'name' && kind !== 'word') return this.#refuse('a name');
    this.#next += 1;
    return text;
  }

  /** Reads an assignment, `name = ?`. */
  assignment(): Assignment {
    const name = this.name();
    this.word('=');
    return { name, parameter: this.#parameter() };
  }

  /** Reads an item to insert, `{'name': ?, …}`. */
  tuple(): Assignment[] {
    const attributes: Assignment[] = [];
    this.word('{');
    do {
      const { kind, text } = this.#peek();
      if (kind !== 'text') this.#refuse('the name of an attribute in single quotes');
      this.#next += 1;
      this.word(':');
      attributes.push({ name: text, parameter: this.#parameter() });
    } while (this.word(',', '}') === ',');
    return attributes;
  }

  /** Reads a condition. AND binds more tightly than OR. */
  condition(joint: 'OR' | 'AND' = 'OR'): Condition {
    const part = (): Condition => (joint === 'OR' ? this.condition('AND') : this.#comparison());
    const first = part();
    const parts = [first];
    while (this.isNext(joint)) {
      this.word(joint);
      parts.push(part());
    }
    return parts.length === 1 ? first : { joint, parts };
  }

  end(): void {
    if (this.#peek().kind !== 'end') this.#refuse('the end');
  }

  #comparison(): Condition {
    if (this.isNext('(')) {
      this.word('(');
      const condition = this.condition();
      this.word(')');
      return condition;
    }
    return { name: this.name(), comparator: this.word('=', '<='), parameter: this.#parameter() };
  }

  #parameter(): number {
    this.word('?');
    this.parameters += 1;
    return this.parameters - 1;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: 'the end' };
  }

  #refuse(expected: string): never {
    throw new PartiqlError(
      `Unexpected ${this.#peek().text}: the embedded DynamoDB expects ${expected} here.`,
    );
  }
}

function tokensOf(statement: string): Token[] {
  const tokens: Token[] = [];
  const text = statement.trimEnd();
  const token = new RegExp(TOKEN);
  while (token.lastIndex < text.length) {
    const [, name, quoted, word, sign = ''] = token.exec(text) ?? [];
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}
