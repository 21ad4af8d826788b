/** Throws an error. The stack trace should show this function's name and line. */
export function failDeepInside(): never {
  throw new Error('failed deep inside', { cause: new Error('the cause') });
}
