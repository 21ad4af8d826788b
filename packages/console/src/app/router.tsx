import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { readAuditFilter } from '../audit/audit-filter.ts';
import { PERIODS, readFilter } from '../jobs/filter.ts';
import { JobsPage } from '../jobs/jobs-page.tsx';
import { RANGES, type Range } from '../overview/history.ts';
import { isMessageStatus, type MessageStatus } from '../messages/message-status.ts';
import { NotFound } from './not-found.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: ({ range }: Record<string, unknown>): { range?: Range } =>
    typeof range === 'string' && range in RANGES ? { range: range as Range } : {},
  component: lazyRouteComponent(() => import('../overview/overview-page.tsx'), 'OverviewPage'),
});

const queues = createRoute({
  getParentRoute: () => root,
  path: '/queues',
  component: lazyRouteComponent(() => import('../queues/queues-page.tsx'), 'QueuesPage'),
});

const failures = createRoute({
  getParentRoute: () => root,
  path: '/failures',
  validateSearch: ({ since }: Record<string, unknown>): { since?: string } =>
    typeof since === 'string' && PERIODS.has(since) ? { since } : {},
  component: lazyRouteComponent(() => import('../failures/failures-page.tsx'), 'FailuresPage'),
});

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: readFilter,
  component: JobsPage,
});

const job = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$jobId',
  validateSearch: (search: Record<string, unknown>): { tab?: string } =>
    typeof search.tab === 'string' ? { tab: search.tab } : {},
  component: lazyRouteComponent(() => import('../job/job-page.tsx'), 'JobPage'),
});

const submit = createRoute({
  getParentRoute: () => root,
  path: '/submit',
  validateSearch: ({ type }: Record<string, unknown>): { type?: string } =>
    typeof type === 'string' ? { type } : {},
  component: lazyRouteComponent(() => import('../submit/submit-page.tsx'), 'SubmitPage'),
});

const schedules = createRoute({
  getParentRoute: () => root,
  path: '/schedules',
  component: lazyRouteComponent(() => import('../schedules/schedules-page.tsx'), 'SchedulesPage'),
});

const batches = createRoute({
  getParentRoute: () => root,
  path: '/batches',
  component: lazyRouteComponent(() => import('../batches/batches-page.tsx'), 'BatchesPage'),
});

const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  validateSearch: ({ status }: Record<string, unknown>): { status?: MessageStatus } =>
    isMessageStatus(status) ? { status } : {},
  component: lazyRouteComponent(() => import('../messages/messages-page.tsx'), 'MessagesPage'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: readAuditFilter,
  component: lazyRouteComponent(() => import('../audit/audit-page.tsx'), 'AuditPage'),
});

const apiKeys = createRoute({
  getParentRoute: () => root,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('../api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
});

/** The router, with readable query strings such as `?status=failed,canceled&type=resize`. */
export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    jobs,
    job,
    failures,
    queues,
    submit,
    schedules,
    batches,
    messages,
    audit,
    apiKeys,
  ]),
  // Routes are in the URL's fragment, so that filters and IDs never reach an access log, and the page works under any path.
  history: createHashHistory(),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(
      Object.entries(search).filter(([, value]) => value !== undefined) as [string, string][],
    ).toString();
    return text === '' ? '' : `?${text.replaceAll('%2C', ',').replaceAll('%3A', ':')}`;
  },
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
