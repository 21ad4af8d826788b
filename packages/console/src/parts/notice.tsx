import type { ComponentChildren } from 'preact';
import './notice.css';

/** What stands in place of a screen's content: nothing there yet, gone, refused. */
export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <h2>{title}</h2>
      {children !== undefined && <div class="notice-text">{children}</div>}
    </div>
  );
}
