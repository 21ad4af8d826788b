import { types } from 'node:util';

// Any function, because effects can have any parameters.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** The names of an object's methods. */
export type MethodOf<Target> = {
  [Name in keyof Target]: Target[Name] extends AnyFunction ? Name : never;
}[keyof Target] &
  string;

type ArgumentsOf<Method> = Method extends AnyFunction ? Parameters<Method> : never;

export interface EffectOptions<Args extends readonly unknown[]> {
  /**
   * Whether a call of the method has this effect. Needed for a method with several effects, such as an AWS client's `send`.
   *
   * @default - all calls
   */
  readonly when?: (...args: Args) => boolean;
  /**
   * Returns the key by which the receiver deduplicates calls, such as Stripe's idempotency key or an S3 object's key. A
   * second call with the same key changes nothing, so it doesn't count as a repeated effect.
   *
   * @default - the effect is not idempotent, so a second call with the same arguments is a repeated effect
   */
  readonly key?: (...args: Args) => string;
}

/** A method whose calls change something outside the handler. Create one with {@link effect}. */
export interface Effect {
  readonly target: object;
  readonly method: string;
  readonly when: (...args: unknown[]) => boolean;
  readonly key: ((...args: unknown[]) => string) | undefined;
}

/**
 * Declares a handler's side effect: a promise-returning method of an object, a client or a class's prototype. The method is
 * replaced while `runEveryDeath` runs, so the handler must call it through that object.
 *
 * ```ts
 * effect(payments, 'charge', { key: ({ idempotencyKey }) => idempotencyKey })
 * effect(s3, 'send', { when: (command) => command instanceof PutObjectCommand })
 * effect(Mailer.prototype, 'deliver')
 * ```
 *
 * @throws TypeError if the method does not exist or can't be replaced
 */
export function effect<Target extends object, Method extends MethodOf<Target>>(
  target: Target,
  method: Method,
  { when = () => true, key }: EffectOptions<ArgumentsOf<Target[Method]>> = {},
): Effect {
  requireReplaceable(target, method);
  return {
    target,
    method,
    when: when as unknown as Effect['when'],
    key: key as unknown as Effect['key'],
  };
}

function requireReplaceable(target: object, method: string): void {
  const refuse = (reason: string): never => {
    throw new TypeError(`effect "${method}": ${reason}.`);
  };
  if (typeof (target as Record<string, unknown>)[method] !== 'function') {
    const methods = methodsOf(target);
    const known = methods.length === 0 ? 'it has no methods' : `its methods are ${methods.join(', ')}`;
    refuse(`the object has no method of this name; ${known}`);
  }
  if (types.isModuleNamespaceObject(target)) {
    refuse(
      "the exports of an ES module can't be replaced. Put the function into an object that the handler calls, " +
        `such as export const payments = { ${method} }`,
    );
  }
  const own = Object.getOwnPropertyDescriptor(target, method);
  if (own ? own.configurable !== true && own.writable !== true : !Object.isExtensible(target)) {
    refuse('the object is frozen, so its methods cannot be replaced. Use an object that is not frozen');
  }
}

/** Returns the methods of an object and its prototypes, except for the methods that every object has. */
function methodsOf(target: object): string[] {
  const names = new Set<string>();
  for (
    let level: object | null = target;
    level !== null && level !== Object.prototype && level !== Function.prototype;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name !== 'constructor' && typeof value === 'function') names.add(name);
    }
  }
  return [...names];
}
