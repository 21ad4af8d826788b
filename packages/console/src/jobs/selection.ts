/** The selected jobs in a list: some of its rows, or all jobs that match its filter, including those not yet loaded. */
export type Selection =
  { readonly kind: 'some'; readonly ids: ReadonlySet<string> } | { readonly kind: 'all' };

export const NONE: Selection = { kind: 'some', ids: new Set() };
export const ALL: Selection = { kind: 'all' };

export function isSelected(selection: Selection, jobId: string): boolean {
  return selection.kind === 'all' || selection.ids.has(jobId);
}
