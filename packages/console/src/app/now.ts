import { createStore } from './store.ts';

const now = createStore(Date.now());

/** The current time in milliseconds, updated once a second while the page is visible. */
export const useNow = now.use;

setInterval(() => {
  if (document.visibilityState === 'visible') now.set(Date.now());
}, 1000);

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') now.set(Date.now());
});
