import { DataApiError, unsupportedResult } from './data-api-error.ts';
import { parseArrayText } from './array-text.ts';
import type { ArrayValue, Field, ResultSetOptions } from './request-shapes.ts';
import { elementOf, oid } from './type-oids.ts';

/** Converts a non-null value from Postgres's text format to a field of the Data API. */
export type FieldReader = (text: string) => Field;

/** A catalog entry for a type that is not built in. */
export interface CatalogType {
  readonly name: string;
  readonly isEnum: boolean;
  /** Whether the elements of an array type are enums. */
  readonly isEnumArray: boolean;
}

/**
 * Returns the reader for a column's type. As on AWS, if the Data API does not support the type, the first non-null value fails, but an
 * empty result succeeds.
 *
 * @param catalog the types that have no built-in reader
 */
export function fieldReader(
  type: number,
  options: ResultSetOptions,
  catalog: ReadonlyMap<number, CatalogType>,
): FieldReader {
  const element = elementOf.get(type);
  if (element !== undefined) return arrayReader(element, scalarReader(element, options));
  const scalar = scalarReader(type, options);
  if (scalar) return scalar;
  const known = catalog.get(type);
  if (known?.isEnum) return asString;
  if (known?.isEnumArray) return arrayReader(oid.text, asString);
  return () => {
    throw unsupportedResult(`The result contains the unsupported data type ${known?.name ?? type}.`);
  };
}

/** Whether a type has a built-in reader. */
export function isBuiltIn(type: number): boolean {
  return elementOf.has(type) || scalarReader(type, {}) !== undefined;
}

const asString: FieldReader = (text) => ({ stringValue: text });

function scalarReader(type: number, options: ResultSetOptions): FieldReader | undefined {
  switch (type) {
    case oid.bool:
      return (text) => ({ booleanValue: text === 't' });
    case oid.int2:
    case oid.int4:
    case oid.int8:
    case oid.oid:
      return options.longReturnType === 'STRING' ? asString : asLong;
    case oid.float4:
    case oid.float8:
      return (text) => ({ doubleValue: asDouble(text) });
    case oid.numeric:
      return options.decimalReturnType === 'DOUBLE_OR_LONG' ? asDoubleOrLong : asString;
    case oid.bytea:
      return (text) => ({ blobValue: Buffer.from(text.slice(2), 'hex').toString('base64') });
    case oid.time:
      return (text) => ({ stringValue: withFraction(text) });
    case oid.date:
    case oid.timestamp:
    case oid.timestamptz:
      return (text) => ({ stringValue: asTimestamp(text) });
    case oid.text:
    case oid.varchar:
    case oid.bpchar:
    case oid.name:
    case oid.unknown:
    case oid.uuid:
    case oid.json:
    case oid.jsonb:
    case oid.inet:
    case oid.cidr:
    case oid.void:
      return asString;
    default:
      return undefined;
  }
}

const asLong: FieldReader = (text) => ({ longValue: Number(text) });

/** Converts a number. JSON can't represent NaN and the two infinities, so the AWS protocols write them as strings. */
function asDouble(text: string): NonNullable<Field['doubleValue']> {
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity' ? text : Number(text);
}

const asDoubleOrLong: FieldReader = (text) =>
  /[.N]/.test(text) ? { doubleValue: asDouble(text) } : { longValue: Number(text) };

/**
 * Converts a timestamp. The session's time zone is UTC, so the offset is always +00 and is dropped. The Data API can't send
 * infinite times.
 */
function asTimestamp(text: string): string {
  if (text.endsWith('infinity')) throw new DataApiError('InternalFailure', 500, '');
  return withFraction(text.replace(/\+00$/, ''));
}

/** Pads fractional seconds to three or six digits: Postgres's `.5` is sent as `.500`. */
function withFraction(text: string): string {
  return text.replace(/\.(\d+)/, (_, digits: string) => `.${digits.padEnd(digits.length > 3 ? 6 : 3, '0')}`);
}

function arrayReader(elementType: number, readElement: FieldReader | undefined): FieldReader {
  return (text) => {
    const elements = parseArrayText(text);
    if (!elements) throw unsupportedResult('The result contains a multidimensional array.');
    const read = <Value>(member: keyof Field): (Value | null)[] =>
      elements.map((element) =>
        element === null ? null : ((readElement ?? asString)(element)[member] as Value),
      );
    return { arrayValue: arrayValue(elementType, read) };
  };
}

function arrayValue(elementType: number, read: <Value>(member: keyof Field) => (Value | null)[]): ArrayValue {
  switch (elementType) {
    case oid.bool:
      return { booleanValues: read<boolean>('booleanValue') };
    case oid.int2:
    case oid.int4:
    case oid.int8:
      return { longValues: read<number>('longValue') };
    case oid.float4:
    case oid.float8:
      return { doubleValues: read<NonNullable<Field['doubleValue']>>('doubleValue') };
    default:
      return { stringValues: read<string>('stringValue') };
  }
}
