import { keyState, type KeyRecord } from '../../lambdas/access/key-record.ts';
import type { NewKey } from '../../lambdas/access/key-table.ts';
import { rowsText } from './show.ts';
import { printable } from './waiting-line.ts';

/** A new key as people read it, with the warning that goes with it. */
export function newKeyText({ key, record }: NewKey): string {
  return `${keyText(record, record.create_time)}\n\n${key}\n\nKeep it now: it is shown this once.`;
}

/** What is known of a key: one field a line. */
export function keyText(record: KeyRecord, now: Date): string {
  const fields: Record<string, string> = {
    key_id: record.key_id,
    ...(record.name !== '' && { name: record.name }),
    tenant: record.tenant,
    scopes: record.scopes.join(', '),
    state: keyState(record, now),
    expires: record.expire_time?.toISOString() ?? 'never',
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(7)}  ${printable(value)}`)
    .join('\n');
}

/** Keys as a table. */
export function keysText(records: readonly KeyRecord[], now: Date): string {
  return rowsText([
    ['KEY', 'NAME', 'TENANT', 'SCOPES', 'STATE', 'EXPIRES', 'CREATED'],
    ...records.map((record) => [
      record.key_id,
      printable(record.name || '-'),
      record.tenant,
      record.scopes.join(','),
      keyState(record, now),
      record.expire_time?.toISOString() ?? 'never',
      record.create_time.toISOString(),
    ]),
  ]).join('\n');
}
