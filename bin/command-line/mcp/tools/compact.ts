/** The value without fields that say nothing: null, undefined, empty strings, empty lists and empty objects. A model pays for each. */
export function compact(value: object): object {
  const isEmpty = (item: unknown): boolean =>
    item === null ||
    item === undefined ||
    item === '' ||
    (typeof item === 'object' && Object.keys(item).length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item)));
}

/** The beginning of a long text, with how much is left out. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()}… (${text.length - limit} more characters)`;
}
