/** Throws from a function whose name and line a stack trace should show. */
export function failDeepInside(): never {
  throw new Error('failed deep inside', { cause: new Error('the cause') });
}
