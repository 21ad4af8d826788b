import { validation } from './data-api-error.ts';

/** A statement with its `:name` parameters replaced by `$1`, `$2` … */
export interface ScannedSql {
  readonly text: string;
  /** The parameter name for each position, in order: `$1` is `names[0]`. A name that occurs twice is listed twice. */
  readonly names: readonly string[];
}

/**
 * Finds a statement's named parameters. Like the Data API, gives each occurrence of a parameter its own number. As a result, `GROUP BY f(:x)` does
 * not match `SELECT f(:x)`: for Postgres, these are two different parameters.
 *
 * A colon in a literal, a quoted identifier, a comment, a cast (`::`) or an assignment (`:=`) does not start a parameter. A number is a valid name,
 * so `a[1:2]` contains a parameter named "2". For an array slice, write `a[1 : 2]`.
 *
 * The Data API does not support dollar quoting: it replaces `:name` even inside dollar quotes, which silently changes the literal. This emulator
 * refuses a statement that has a `:name` inside dollar quotes.
 *
 * @throws DataApiError (ValidationException) for a `:name` in a dollar-quoted literal
 */
export function scanNamedParameters(sql: string): ScannedSql {
  const known = scanned.get(sql);
  if (known) return known;
  const result = scan(sql);
  if (scanned.size >= MAX_SCANNED) scanned.clear();
  scanned.set(sql, result);
  return result;
}

/**
 * The maximum number of cached statements. A typical program sends a few statements many times, but a program that generates statements
 * must not fill the memory.
 */
const MAX_SCANNED = 200;
const scanned = new Map<string, ScannedSql>();

function scan(sql: string): ScannedSql {
  const names: string[] = [];
  let text = '';
  let copied = 0;
  for (let at = 0; at < sql.length;) {
    const end = endOfOpaque(sql, at);
    if (end > at) {
      at = end;
      continue;
    }
    const name = sql[at] === ':' ? nameAt(sql, at + 1) : '';
    if (name === '') {
      at += 1;
      continue;
    }
    names.push(name);
    text += `${sql.slice(copied, at)}$${names.length}`;
    at += 1 + name.length;
    copied = at;
  }
  return { text: text + sql.slice(copied), names };
}

const NAME = /[A-Za-z0-9_]+/y;

function nameAt(sql: string, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(sql)?.[0] ?? '';
}

/** If the token at `at` is a literal, a comment or another token that can't contain a parameter, returns the token's end. Otherwise, returns `at`. */
function endOfOpaque(sql: string, at: number): number {
  switch (sql[at] ?? '') {
    case "'":
      return endOfQuoted(sql, at, "'", isEscapeString(sql, at));
    case '"':
      return endOfQuoted(sql, at, '"', false);
    case '-':
      return sql[at + 1] === '-' ? endOfLine(sql, at) : at;
    case '/':
      return sql[at + 1] === '*' ? endOfBlockComment(sql, at) : at;
    case '$':
      return endOfDollarQuoted(sql, at);
    case ':':
      return sql[at + 1] === ':' || sql[at + 1] === '=' ? at + 2 : at;
    default:
      return at;
  }
}

/**
 * Returns the end of a quoted literal. A doubled quote does not end the literal. In an escape string (`E'…'`), a quote after a backslash does not end
 * the literal either.
 */
function endOfQuoted(sql: string, start: number, quote: string, escapes: boolean): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (escapes && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

function isEscapeString(sql: string, at: number): boolean {
  return /[eE]/.test(sql[at - 1] ?? '') && !isIdentifierPart(sql[at - 2]);
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end === -1 ? sql.length : end;
}

/** Returns the end of a block comment. In Postgres, block comments can be nested. */
function endOfBlockComment(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

function endOfDollarQuoted(sql: string, start: number): number {
  DOLLAR_TAG.lastIndex = start;
  const tag = DOLLAR_TAG.exec(sql)?.[0];
  if (tag === undefined || isIdentifierPart(sql[start - 1])) return start;
  const close = sql.indexOf(tag, start + tag.length);
  const end = close === -1 ? sql.length : close;
  const [name] = scan(sql.slice(start + tag.length, end)).names;
  if (name !== undefined) {
    throw validation(
      `:${name} is in a dollar-quoted literal, where the Data API would silently replace it: ` +
        `write the literal in single quotes, or without a colon before a name.`,
    );
  }
  return close === -1 ? sql.length : close + tag.length;
}

function isIdentifierPart(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-z0-9_$\u0080-\uffff]/.test(character);
}
