/** The value without empty fields (null, undefined, empty strings, lists and objects), because a model pays for each of them. */
export function compact(value: object): object {
  const isEmpty = (item: unknown): boolean =>
    item === null ||
    item === undefined ||
    item === '' ||
    (typeof item === 'object' && Object.keys(item).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item)));
}

/** The beginning of a long string, with the number of omitted characters. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()}… (${text.length - limit} more characters)`;
}
