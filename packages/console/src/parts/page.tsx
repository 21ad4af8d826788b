import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useRowKeys } from './use-row-keys.ts';
import './page.css';

export interface PageProps {
  readonly title: string;
  /** Shown at the end of the title bar. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  /** Whether the content scrolls separately, below a fixed header. */
  readonly fixed?: boolean;
}

export function Page({ title, actions, children, fixed = false }: PageProps) {
  useTitle(title);
  // The row keys are off for a page whose content scrolls separately, because that page has its own row cursor.
  useRowKeys(!fixed);
  return (
    <div class={fixed ? 'page page-fixed' : 'page'}>
      <header class="page-header">
        <h1>{title}</h1>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Errand`;
  }, [title]);
}
