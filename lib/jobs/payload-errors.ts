// `writeJobTypesModule` bundles this file into the module that it writes, which runs in the api.

const UNKNOWN_FIELD = 'is not a known field; remove it';
const MISSING_FIELD = 'is required';

/** An error from a validator that ajv compiled (https://ajv.js.org/api.html#error-objects). */
export interface AjvError {
  readonly keyword: string;
  /** A JSON Pointer to the value. */
  readonly instancePath: string;
  /** A JSON Pointer to the keyword in the schema. */
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** One invalid payload field, as the api reports it. */
interface FieldError {
  /** The path in the payload, such as `crop.width` or `patterns.0`; empty for the payload itself. */
  readonly field: string;
  readonly message: string;
}

/** Describes the invalid fields that a compiled validator found. */
export function toFieldErrors(errors: readonly AjvError[]): FieldError[] {
  return clearest(errors).map(({ keyword, instancePath, params, message = 'is not valid' }) => {
    const place = instancePath.split('/').slice(1).map(unescapePointer);
    const at = (key: unknown): string => [...place, String(key) || '""'].join('.');
    switch (keyword) {
      case 'required':
        return { field: at(params.missingProperty), message: MISSING_FIELD };
      case 'additionalProperties':
        return { field: at(params.additionalProperty), message: UNKNOWN_FIELD };
      case 'unevaluatedProperties':
        return { field: at(params.unevaluatedProperty), message: UNKNOWN_FIELD };
      case 'enum':
        return { field: place.join('.'), message: `must be one of ${listOf(params.allowedValues)}` };
      case 'const':
        return { field: place.join('.'), message: `must be ${JSON.stringify(params.allowedValue)}` };
      default:
        return { field: place.join('.'), message };
    }
  });
}

/**
 * Drops errors that only say why a value does not match one of a union's alternatives. If types or constants rule out every alternative except one,
 * keeps that alternative's errors. Otherwise, keeps only the union's own error.
 */
function clearest(errors: readonly AjvError[]): readonly AjvError[] {
  const union = errors.find(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  if (!union) return errors;
  const branchOf = ({ schemaPath }: AjvError): string | undefined =>
    schemaPath.startsWith(`${union.schemaPath}/`)
      ? schemaPath.slice(union.schemaPath.length + 1).split('/')[0]
      : undefined;
  const others = errors.filter((error) => error !== union && branchOf(error) === undefined);
  const branches = Map.groupBy(errors.filter(branchOf), branchOf);
  const fitting = [...branches.values()].filter(
    (branch) =>
      !branch.some(({ keyword, instancePath }) =>
        keyword === 'type' || keyword === '$ref'
          ? instancePath === union.instancePath
          : keyword === 'const' || keyword === 'enum',
      ),
  );
  const [only] = fitting;
  return [...clearest(others), ...(fitting.length === 1 && only ? clearest(only) : [union])];
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : String(values);
}
