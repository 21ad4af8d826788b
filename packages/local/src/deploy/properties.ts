import type { Resolved } from '../template/scope.ts';

/** Why the embedded cloud cannot run the stack: one line that names the resource and the property. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
}

/** The properties of one resource, or of an object inside them, read with their types. */
export class Properties {
  readonly #owner: string;
  readonly #path: string;
  /** The properties as they stand, their intrinsic functions resolved. */
  readonly values: Readonly<Record<string, Resolved>>;

  /**
   * @param owner how errors name the resource, such as `Queue4A7E3555 (AWS::SQS::Queue)`
   * @param path where inside the resource's properties the values stand; empty at the top
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

  /** A number; CloudFormation takes it as a text too. */
  optionalNumber(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    return text === '' || Number.isNaN(number) ? this.refuse(name, 'must be a number') : number;
  }

  /** Whether a switch is on; absent is off. CloudFormation takes it as a text too. */
  isTrue(name: string): boolean {
    const text = this.optionalText(name) ?? 'false';
    return text === 'true' || (text !== 'false' && this.refuse(name, 'must be true or false'));
  }

  /** The texts of a list; `undefined` if the list is absent. */
  optionalTexts(name: string): string[] | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return this.refuse(name, 'must be a list of texts');
  }

  /** An object inside; one without any property if it is absent. */
  object(name: string): Properties {
    return this.#nested(name, this.values[name] ?? {});
  }

  /** The objects of a list; none if the list is absent. */
  objects(name: string): Properties[] {
    const value = this.values[name] ?? [];
    if (!Array.isArray(value)) return this.refuse(name, 'must be a list');
    return value.map((item, index) => this.#nested(`${name}[${index}]`, item));
  }

  /** Stops the start because of a property. */
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
