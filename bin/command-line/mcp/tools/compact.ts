/** Removes fields that are null, undefined, or an empty string, list or object, because each field costs the model tokens. */
export function compact(value: object): object {
  const isEmpty = (item: unknown): boolean =>
    item === null ||
    item === undefined ||
    item === '' ||
    (typeof item === 'object' && Object.keys(item).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item)));
}

/** Cuts a long string, and appends the number of omitted characters. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()}… (${text.length - limit} more characters)`;
}
