import { databaseError, validation } from './data-api-error.ts';
import type { Field, SqlParameter } from './request-shapes.ts';
import { oid } from './type-oids.ts';

/** A parameter as sent to Postgres: the declared type, and the value as text or bytes. */
export interface BoundValue {
  readonly type: number;
  readonly value: string | Buffer | null;
}

/**
 * Binds a value to each of a statement's parameters, with the type that the Data API declares to Postgres. A `stringValue` without a type
 * hint is declared as `text`, so Postgres refuses it for a uuid column.
 *
 * AWS does not document how the Data API treats duplicate or unused parameter names. This emulator refuses both, because they are probably mistakes.
 *
 * @param names the parameter name for each of the statement's positions
 * @throws DataApiError for missing, superfluous or malformed parameters
 */
export function bindParameters(names: readonly string[], parameters: readonly SqlParameter[]): BoundValue[] {
  const given = new Map<string, BoundValue>();
  for (const parameter of parameters) {
    const { name } = parameter;
    if (name === undefined) throw validation('A parameter has no name.');
    if (given.has(name)) throw validation(`Parameter "${name}" is specified twice.`);
    if (!names.includes(name)) throw validation(`Parameter "${name}" does not occur in the statement.`);
    given.set(name, boundValue(name, parameter));
  }
  return names.map((name) => {
    const bound = given.get(name);
    if (!bound) throw missingParameter(names, given, name);
    return bound;
  });
}

/**
 * Creates the error for a missing parameter. The real Data API sends the other parameters anyway, and Postgres reports a wrong number of parameters.
 * This emulator's error also contains the missing parameter's name.
 */
function missingParameter(names: readonly string[], given: Map<string, unknown>, missing: string): Error {
  const supplied = names.filter((name) => given.has(name)).length;
  return databaseError(
    `ERROR: bind message supplies ${supplied} parameters, but prepared statement requires ${names.length} ` +
      `(no value for :${missing}); SQLState: 08P01`,
  );
}

function boundValue(name: string, { value = {}, typeHint }: SqlParameter): BoundValue {
  const [[member, content] = [], ...more] = Object.entries(value).filter(([, set]) => set !== undefined);
  if (member === undefined) throw validation(`Parameter "${name}" has value with no field set`);
  if (more.length > 0) throw validation(`Parameter "${name}" has more than one field set`);
  const hint = typeHint === undefined ? undefined : hinted(name, typeHint);
  if (member === 'isNull' && content === true) {
    // Without a type hint, the type of a null is not declared, so the null is valid for every column.
    return { type: hint?.type ?? oid.unspecified, value: null };
  }
  if (hint) {
    if (member !== 'stringValue') throw validation(`Parameter "${name}": a type hint needs a stringValue`);
    const text = String(content);
    if (!hint.accepts(text))
      throw validation(`Parameter "${name}" is not a ${typeHint ?? ''}: ${hint.format}`);
    return { type: hint.type, value: text };
  }
  return plainValue(name, member as keyof Field, content);
}

function plainValue(name: string, member: keyof Field, content: unknown): BoundValue {
  if (member === 'stringValue' && typeof content === 'string') return { type: oid.text, value: content };
  if (member === 'longValue' && Number.isInteger(content)) return { type: oid.int8, value: String(content) };
  if (member === 'doubleValue' && isDouble(content)) return { type: oid.float8, value: String(content) };
  if (member === 'booleanValue' && typeof content === 'boolean')
    return { type: oid.bool, value: String(content) };
  if (member === 'blobValue' && typeof content === 'string') {
    return { type: oid.bytea, value: Buffer.from(content, 'base64') };
  }
  if (member === 'arrayValue') throw validation('Array parameters are not supported.');
  throw validation(`Parameter "${name}": ${member} has a value of another type`);
}

function isDouble(content: unknown): boolean {
  return typeof content === 'number' || ['NaN', 'Infinity', '-Infinity'].includes(content as string);
}

interface Hint {
  readonly type: number;
  /** The format that the type hint requires, as worded in AWS's documentation. */
  readonly format: string;
  accepts(text: string): boolean;
}

const matches =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const TIME = String.raw`\d{2}:\d{2}:\d{2}(\.\d{1,9})?`;

const HINTS: Readonly<Record<string, Hint>> = {
  DATE: { type: oid.date, format: 'YYYY-MM-DD', accepts: matches(new RegExp(`^${DATE}$`)) },
  TIME: { type: oid.time, format: 'HH:MM:SS[.FFF]', accepts: matches(new RegExp(`^${TIME}$`)) },
  TIMESTAMP: {
    type: oid.timestamp,
    format: 'YYYY-MM-DD HH:MM:SS[.FFF]',
    accepts: matches(new RegExp(`^${DATE} ${TIME}$`)),
  },
  DECIMAL: {
    type: oid.numeric,
    format: 'a decimal number',
    accepts: matches(/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/),
  },
  UUID: {
    type: oid.uuid,
    format: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
    accepts: matches(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i),
  },
  JSON: { type: oid.jsonb, format: 'a JSON string', accepts: isJson },
};

function hinted(name: string, typeHint: string): Hint {
  const hint = HINTS[typeHint];
  if (!hint) {
    const allowed = Object.keys(HINTS).join(', ');
    throw validation(`Parameter "${name}" has the type hint ${typeHint}; it must be one of ${allowed}.`);
  }
  return hint;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
