import { createStore } from '../app/store.ts';
import { readFilter, type Filter } from './filter.ts';

/** A named filter, stored in this browser. */
export interface SavedView {
  readonly name: string;
  readonly filter: Filter;
}

const STORAGE_KEY = 'errand-views';

const store = createStore<readonly SavedView[]>(readViews(localStorage.getItem(STORAGE_KEY)));
export const useSavedViews = store.use;

/** Reads the views from a stored string, and drops invalid ones. */
export function readViews(text: string | null): SavedView[] {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((each: unknown) => {
    const { name, filter } = (each ?? {}) as Partial<SavedView>;
    return typeof name === 'string' && typeof filter === 'object'
      ? [{ name, filter: readFilter({ ...filter }) }]
      : [];
  });
}

/** Stores a view, and replaces any view with the same name. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  return [...views.filter(({ name }) => name !== view.name), view].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
}

export function saveView(view: SavedView): void {
  keep(withView(store.get(), view));
}

export function removeView(removed: string): void {
  keep(store.get().filter(({ name }) => name !== removed));
}

function keep(views: readonly SavedView[]): void {
  store.set(views);
  if (views.length === 0) localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, JSON.stringify(views));
}
