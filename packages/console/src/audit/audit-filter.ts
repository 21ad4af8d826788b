/** The audit page's filters, as stored in the URL. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly job_id?: string;
}

export function readAuditFilter(search: Readonly<Record<string, unknown>>): AuditFilter {
  return Object.fromEntries(
    ['actor', 'action', 'job_id'].flatMap((key) =>
      typeof search[key] === 'string' ? [[key, search[key]]] : [],
    ),
  );
}
