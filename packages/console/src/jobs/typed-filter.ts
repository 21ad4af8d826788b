import { STATUSES, type Filter } from './filter.ts';

/** A possible meaning of typed text: a filter, or a job's ID. */
export interface Suggestion {
  /** The suggestion's text, such as `tag is customer-42`. */
  readonly words: string;
  readonly filter?: Filter;
  readonly jobId?: string;
}

const JOB_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const KEYS: Readonly<Record<string, keyof Filter>> = {
  type: 'type',
  queue: 'queue',
  tag: 'tag',
  object: 'object',
  object_id: 'object',
  batch: 'batch',
  parent: 'parent',
  message: 'message',
};

/**
 * Returns the possible meanings of typed text, most likely first. Job IDs and text such as `tag:customer-42` have only one meaning. Most other text
 * has several.
 */
export function suggestionsFor(typed: string): Suggestion[] {
  const text = typed.trim();
  if (text === '') return [];
  if (JOB_ID.test(text)) return [{ words: `Open job ${text}`, jobId: text.toLowerCase() }];
  const [, name = '', value = ''] = /^([A-Za-z0-9_.-]+):(.+)$/s.exec(text) ?? [];
  if (value !== '') {
    const key = KEYS[name];
    if (key !== undefined) return [{ words: `${nameOf(key)} ${value}`, filter: { [key]: value } }];
    if (name === 'status') return statusSuggestions(value);
    return [
      { words: `${name} in metadata is ${value}`, filter: { metadata: `${name}:${value}` } },
      ...plain(text),
    ];
  }
  return [...statusSuggestions(text), ...plain(text)];
}

function statusSuggestions(value: string): Suggestion[] {
  const matching = STATUSES.filter((status) => status.startsWith(value.toLowerCase()));
  return matching.map((status) => ({ words: `Status is ${status}`, filter: { status } }));
}

function plain(text: string): Suggestion[] {
  return (['tag', 'object', 'message', 'type', 'batch'] as const).map((key) => ({
    words: `${nameOf(key)} ${text}`,
    filter: { [key]: text },
  }));
}

/** Returns the beginning of a suggestion for this field, such as `Tag is`. */
export function nameOf(key: keyof Filter): string {
  switch (key) {
    case 'message':
      return 'Message contains';
    case 'object':
      return 'Object id is';
    case 'parent':
      return 'Child of';
    case 'since':
    case 'after':
      return 'Created after';
    case 'before':
      return 'Created before';
    case 'status':
    case 'type':
    case 'queue':
    case 'tag':
    case 'batch':
    case 'metadata':
      return `${key.slice(0, 1).toUpperCase()}${key.slice(1)} is`;
  }
}
