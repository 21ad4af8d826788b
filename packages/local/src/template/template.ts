/** A JSON value in a CloudFormation template, including intrinsic functions. */
export type TemplateValue =
  string | number | boolean | null | TemplateValue[] | { [key: string]: TemplateValue };

/** An entry in a template's `Resources`. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, TemplateValue>;
  DependsOn?: string | string[];
  Condition?: string;
}

/** An entry in a template's `Outputs`. */
export interface TemplateOutput {
  Description?: string;
  Value: TemplateValue;
  Condition?: string;
  Export?: { Name: TemplateValue };
}

/** The parts of a CloudFormation template that the embedded cloud uses. */
export interface Template {
  Description?: string;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, TemplateOutput>;
  Parameters?: Record<string, { Type: string; Default?: TemplateValue }>;
  Conditions?: Record<string, TemplateValue>;
  Mappings?: Record<string, Record<string, Record<string, TemplateValue>>>;
  Metadata?: Record<string, TemplateValue>;
}

/** An error in a template. The message is one line that names the location. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Whether a value is a JSON object, as opposed to an array or null. */
export function isObject(value: unknown): value is Record<string, TemplateValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Splits an intrinsic function into its name and argument. An intrinsic function is an object with the single key `Ref`, `Condition` or
 * `Fn::…`. Returns `undefined` for any other value.
 */
export function intrinsicOf(value: TemplateValue): { name: string; argument: TemplateValue } | undefined {
  if (!isObject(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) return undefined;
  const [name, argument] = entry;
  if (name !== 'Ref' && !name.startsWith('Fn::')) return undefined;
  return { name, argument };
}

/** A template with all sections. */
export type WholeTemplate = Template & Required<Omit<Template, 'Description'>>;
