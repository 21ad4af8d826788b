import type { ComponentChildren } from 'preact';
import './notice.css';

/** Shown instead of a screen's content if the content is empty, missing or forbidden. */
export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice">
      <h2>{title}</h2>
      {children !== undefined && <div class="notice-text">{children}</div>}
    </div>
  );
}
