import type { Resolved } from '../template/scope.ts';

/** Why the embedded cloud can't run the stack: one line that names the resource and the property. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
}

/** Typed access to the properties of one resource, or of an object inside them. */
export class Properties {
  readonly #owner: string;
  readonly #path: string;
  /** The raw properties, with their intrinsic functions resolved. */
  readonly values: Readonly<Record<string, Resolved>>;

  /**
   * @param owner the resource's name in errors, such as `Queue4A7E3555 (AWS::SQS::Queue)`
   * @param path the path of the values inside the resource's properties; empty at the top
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
    return this.refuse(name, 'must be a text');
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.refuse(name, 'is missing');
  }

  /** A number, which CloudFormation also accepts as a string. */
  optionalNumber(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    return text === '' || Number.isNaN(number) ? this.refuse(name, 'must be a number') : number;
  }

  /** Whether a boolean is true; absent means false. CloudFormation also accepts a string. */
  isTrue(name: string): boolean {
    const text = this.optionalText(name) ?? 'false';
    return text === 'true' || (text !== 'false' && this.refuse(name, 'must be true or false'));
  }

  /** The strings of a list; `undefined` if the list is absent. */
  optionalTexts(name: string): string[] | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.refuse(name, 'must be a list of texts');
  }

  /** A nested object; an empty one if it is absent. */
  object(name: string): Properties {
    return this.#nested(name, this.values[name] ?? {});
  }

  /** The objects of a list; empty if the list is absent. */
  objects(name: string): Properties[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value)) return this.refuse(name, 'must be a list');
    return value.map((item, index) => this.#nested(`${name}[${index}]`, item));
  }

  /** Fails the start because of a property. */
  refuse(name: string, reason: string): never {
    const value = this.values[name];
    const quoted = value === undefined ? '' : `, and is ${JSON.stringify(value)}`;
    throw new DeployError(`${this.#owner}: ${this.#path}${name} ${reason}${quoted}`);
  }

  #nested(name: string, value: Resolved): Properties {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.refuse(name, 'must be an object');
    }
    return new Properties(this.#owner, value, `${this.#path}${name}.`);
  }
}
