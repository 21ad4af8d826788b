import { callerOf } from './call-source.ts';
import type { CurrentAttempt } from './current-attempt.ts';
import { describeArguments } from './describe-arguments.ts';
import type { Effect } from './effect.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The methods that are currently replaced. */
const replacements = new WeakSet<Method>();

/**
 * Replaces the declared effects' methods with wrappers that can kill the calling attempt. Calls from outside a handler are
 * passed on unchanged.
 *
 * @param effects the effects, by their names in the report
 * @returns a function that restores the methods
 * @throws TypeError if another run is replacing a method at the same time
 */
export function replaceMethods(
  effects: Readonly<Record<string, Effect>>,
  current: CurrentAttempt,
): () => void {
  const restores: (() => void)[] = [];
  const restore = (): void => {
    for (const each of restores.reverse()) each();
  };
  try {
    for (const [target, methods] of byMethod(effects)) {
      for (const [method, named] of methods) restores.push(replace(target, method, named, current));
    }
  } catch (error) {
    restore();
    throw error;
  }
  return restore;
}

type NamedEffects = [name: string, effect: Effect][];

/**
 * Groups the effects by method. If a method has several effects, a call counts as the first effect whose `when` returns true.
 */
function byMethod(effects: Readonly<Record<string, Effect>>): Map<object, Map<string, NamedEffects>> {
  const targets = new Map<object, Map<string, NamedEffects>>();
  for (const [name, each] of Object.entries(effects)) {
    const methods = targets.get(each.target) ?? new Map<string, NamedEffects>();
    targets.set(each.target, methods);
    methods.set(each.method, [...(methods.get(each.method) ?? []), [name, each]]);
  }
  return targets;
}

function replace(target: object, method: string, named: NamedEffects, current: CurrentAttempt): () => void {
  const own = Object.getOwnPropertyDescriptor(target, method);
  const original = (target as Record<string, unknown>)[method] as Method;
  if (replacements.has(original)) {
    throw new TypeError(
      `effect "${method}": another runEveryDeath is running with this method: await that one first.`,
    );
  }
  const replacement: Method = function (...args) {
    const perform = (): unknown => Reflect.apply(original, this, args);
    const [name, each] = named.find(([, { when }]) => when(...args)) ?? [];
    if (name === undefined || !each) return perform();
    const attempt = current.callerOf(name);
    if (!attempt) return perform();
    return attempt.make({
      effect: name,
      source: callerOf(replacement),
      identity: each.key ? each.key(...args) : describeArguments(args),
      isKeyed: each.key !== undefined,
      perform,
    });
  };
  replacements.add(replacement);
  const attributes = { configurable: true, writable: true, enumerable: own?.enumerable ?? false };
  // If a property is not configurable, change only its value: nothing else can be changed.
  Object.defineProperty(target, method, {
    ...(own?.configurable !== false && attributes),
    value: replacement,
  });
  return () => {
    if (own) Object.defineProperty(target, method, own);
    else Reflect.deleteProperty(target, method);
  };
}
