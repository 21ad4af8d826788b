/** The part of JSON Schema that a form uses. The API validates everything else. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The kind of form field for a value. `json` is for values that no other kind can represent. */
export type FieldKind = 'text' | 'number' | 'checkbox' | 'choice' | 'file' | 'json';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  readonly description: string | undefined;
  readonly choices: readonly string[];
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly step: number | undefined;
  /** The field's initial text. */
  readonly initial: string;
}

/** Returns the form's fields for a payload; undefined if the payload is not an object with known properties. */
export function fieldsOf(schema: JsonSchema): Field[] | undefined {
  if (!schema.properties) return undefined;
  const required = new Set(schema.required);
  return Object.entries(schema.properties).map(([name, property]) => {
    const kind = kindOf(name, property);
    return {
      name,
      kind,
      isRequired: required.has(name) && property.default === undefined,
      description: property.description,
      choices: property.enum?.map(String) ?? [],
      min: property.minimum,
      // Omits a maximum equal to the largest safe integer, because it means nothing to a user.
      max:
        property.maximum !== undefined && property.maximum < Number.MAX_SAFE_INTEGER
          ? property.maximum
          : undefined,
      step: property.type === 'integer' ? 1 : undefined,
      initial: initialOf(property.default),
    };
  });
}

function kindOf(name: string, { type, enum: choices }: JsonSchema): FieldKind {
  if (choices?.every((choice) => typeof choice === 'string')) return 'choice';
  if (name === 'file' && type === 'string') return 'file';
  switch (type) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'checkbox';
    case undefined:
    default:
      return 'json';
  }
}

function initialOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** Returns the fields' initial values. */
export function initialValues(fields: readonly Field[]): Record<string, string> {
  return Object.fromEntries(
    fields.map(({ name, initial, kind, isRequired, choices }) => [
      name,
      initial === '' && kind === 'choice' && isRequired ? (choices[0] ?? '') : initial,
    ]),
  );
}

/**
 * Builds the payload from the fields that are not empty.
 *
 * @throws SyntaxError that names the field with invalid JSON
 */
export function payloadOf(
  fields: readonly Field[],
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, kind }) => {
      const text = values[name] ?? '';
      if (kind === 'checkbox') return text === '' ? [] : [[name, text === 'true']];
      if (text === '' || kind === 'file') return [];
      if (kind === 'number') return [[name, Number(text)]];
      return [[name, kind === 'json' ? parsed(name, text) : text]];
    }),
  );
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
