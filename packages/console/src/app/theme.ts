import { createStore } from './store.ts';

export type Theme = 'system' | 'light' | 'dark';

const STORAGE_KEY = 'errand-theme';
const saved = localStorage.getItem(STORAGE_KEY);
const store = createStore<Theme>(saved === 'light' || saved === 'dark' ? saved : 'system');

export const useTheme = store.use;

export function setTheme(theme: Theme): void {
  store.set(theme);
  if (theme === 'system') localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, theme);
  applyTheme();
}

/** Applies the chosen theme. Without a choice, the page uses the system theme. */
export function applyTheme(): void {
  const theme = store.get();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
