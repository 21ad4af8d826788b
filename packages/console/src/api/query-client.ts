import { QueryCache, QueryClient } from '@tanstack/preact-query';
import { ErrandError } from 'errand-client';
import { createStore } from '../app/store.ts';
import { hasProvider } from '../app/provider-session.ts';
import { signOut } from '../app/session.ts';

/** Whether the last request got a response. */
const reachable = createStore(true);
export const useReachable = reachable.use;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => {
      reachable.set(true);
    },
    onError(error) {
      const status = error instanceof ErrandError ? error.status : undefined;
      if (status === 401) {
        signOut(
          hasProvider
            ? 'Your session has ended. Sign in again to continue.'
            : 'The key is no longer valid. It may have expired or been revoked.',
        );
      }
      if (status === undefined) reachable.set(false);
      else reachable.set(true);
    },
  }),
  defaultOptions: {
    queries: {
      // The API client already retries requests.
      retry: false,
      staleTime: 1_000,
      gcTime: 5 * 60_000,
      refetchIntervalInBackground: false,
      // A page without a network connection still sends requests, because the API may be running on this machine.
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});
