import type { Resolved } from '../template/scope.ts';

/** Thrown if the embedded cloud can't run the stack. The message is one line that names the resource and the property. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
}

/** Typed access to a resource's properties, or to an object within them. */
export class Properties {
  readonly #owner: string;
  readonly #path: string;
  /** The raw properties, with resolved intrinsic functions. */
  readonly values: Readonly<Record<string, Resolved>>;

  /**
   * @param owner the resource's name in error messages, such as `Queue4A7E3555 (AWS::SQS::Queue)`
   * @param path the path of the values within the resource's properties; empty at the top level
   */
  constructor(owner: string, values: Readonly<Record<string, Resolved>>, path = '') {
    this.#owner = owner;
    this.#path = path;
    this.values = values;
  }

  optionalText(name: string): string | undefined {
    const value = this.values[name];
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.refuse(name, 'must be a string');
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.refuse(name, 'is missing');
  }

  /** Reads a number. Like CloudFormation, also accepts a numeric string. */
  optionalNumber(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    return text === '' || Number.isNaN(number) ? this.refuse(name, 'must be a number') : number;
  }

  /** Reads a boolean. A missing boolean counts as false. Like CloudFormation, also accepts `'true'` and `'false'`. */
  isTrue(name: string): boolean {
    const text = this.optionalText(name) ?? 'false';
    return text === 'true' || (text !== 'false' && this.refuse(name, 'must be true or false'));
  }

  /** Reads a list of strings. Returns `undefined` if the property is absent. */
  optionalTexts(name: string): string[] | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.refuse(name, 'must be a list of strings');
  }

  /** Reads a nested object. Returns an empty object if the property is absent. */
  object(name: string): Properties {
    return this.#nested(name, this.values[name] ?? {});
  }

  /** Reads a list of objects. Returns an empty list if the property is absent. */
  objects(name: string): Properties[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value)) return this.refuse(name, 'must be a list');
    return value.map((item, index) => this.#nested(`${name}[${index}]`, item));
  }

  /** Throws a DeployError that names the property. */
  refuse(name: string, reason: string): never {
    const value = this.values[name];
    const quoted = value === undefined ? '' : ` (value: ${JSON.stringify(value)})`;
    throw new DeployError(`${this.#owner}: ${this.#path}${name} ${reason}${quoted}`);
  }

  #nested(name: string, value: Resolved): Properties {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.refuse(name, 'must be an object');
    }
    return new Properties(this.#owner, value, `${this.#path}${name}.`);
  }
}
