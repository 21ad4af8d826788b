import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Logo } from '../parts/logo.tsx';
import { Account } from './account.tsx';
import { Banners } from './banners.tsx';
import { configuration } from './configuration.ts';
import { useCaller, type Scope } from './session.ts';
import { ShortcutHelp } from './shortcut-help.tsx';
import './shell.css';

interface Entry {
  readonly to:
    | '/'
    | '/jobs'
    | '/failures'
    | '/queues'
    | '/schedules'
    | '/batches'
    | '/messages'
    | '/audit'
    | '/api-keys'
    | '/submit';
  /** The scope that a caller needs to see the entry. */
  readonly scope?: Scope;
  readonly icon: IconName;
  readonly name: string;
}

/** Shown only if users sign in with API keys; with other credentials, there are no keys to manage. */
const API_KEYS: Entry = { to: '/api-keys', icon: 'keys', name: 'API keys', scope: 'admin' };

const ENTRIES: readonly Entry[] = [
  { to: '/', icon: 'overview', name: 'Overview' },
  { to: '/jobs', icon: 'jobs', name: 'Jobs' },
  { to: '/failures', icon: 'failures', name: 'Failures' },
  { to: '/queues', icon: 'queues', name: 'Queues' },
  { to: '/schedules', icon: 'schedules', name: 'Schedules' },
  { to: '/batches', icon: 'batches', name: 'Batches' },
  { to: '/messages', icon: 'messages', name: 'Messages' },
  { to: '/audit', icon: 'audit', name: 'Audit', scope: 'admin' },
  ...(configuration.auth === 'api-key' ? [API_KEYS] : []),
  { to: '/submit', icon: 'submit', name: 'Submit', scope: 'submit' },
];

export function Shell() {
  const [open, setOpen] = useState(false);
  const caller = useCaller();
  const entries = ENTRIES.filter(({ scope }) => scope === undefined || caller?.scopes.includes(scope));
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    setOpen(false);
  }, [path]);
  return (
    <div class="shell">
      <a class="skip-link" href="#content" onClick={focusContent}>
        Skip to the content
      </a>
      <header class="shell-bar">
        <button
          type="button"
          class="icon-button"
          aria-label="Menu"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => {
            setOpen(!open);
          }}
        >
          <Icon name={open ? 'close' : 'menu'} />
        </button>
        <Logo />
        <strong>Errand</strong>
      </header>
      <nav id="navigation" class="shell-nav" data-open={open} aria-label="Screens">
        <div class="shell-brand">
          <Logo />
          <strong>Errand</strong>
        </div>
        <ul>
          {entries.map(({ to, icon, name }) => (
            <li key={to}>
              <Link
                to={to}
                search={{}}
                className="shell-link"
                activeOptions={{ includeSearch: false, exact: to === '/' }}
              >
                <Icon name={icon} />
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <Account />
      </nav>
      <div class="shell-main">
        <Banners />
        <main id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <ShortcutHelp />
    </div>
  );
}

/**
 * Moves the focus to the content. The link's default action is prevented, because it would replace the URL's fragment, which selects the screen.
 */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
