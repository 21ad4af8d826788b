/** A reader whose code is loaded, once, when it is first called: few jobs need it, and no start pays for it. */
export function loadedAtFirstCall<Value>(load: () => Promise<() => Promise<Value>>): () => Promise<Value> {
  let loading: Promise<() => Promise<Value>> | undefined;
  return async () => (await (loading ??= load()))();
}
