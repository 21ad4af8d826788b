import { useSyncExternalStore } from 'preact/compat';

export interface Store<Value> {
  readonly get: () => Value;
  readonly set: (value: Value) => void;
  /** A hook that returns the value, and rerenders the component whenever the value changes. */
  readonly use: () => Value;
}

/** Creates a value that several components share. */
export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  const get = (): Value => value;
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, get),
  };
}
