import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Logo } from '../parts/logo.tsx';
import { Account } from './account.tsx';
import { Banners } from './banners.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import './shell.css';

interface Entry {
  readonly to: '/jobs';
  readonly icon: IconName;
  readonly name: string;
}

const ENTRIES: readonly Entry[] = [{ to: '/jobs', icon: 'jobs', name: 'Jobs' }];

export function Shell() {
  const [open, setOpen] = useState(false);
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
          {ENTRIES.map(({ to, icon, name }) => (
            <li key={to}>
              <Link to={to} search={{}} className="shell-link" activeOptions={{ includeSearch: false }}>
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

/** The address behind `#` is the screen, so the link may not change it. */
function focusContent(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
