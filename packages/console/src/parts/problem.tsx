import type { ComponentChildren } from 'preact';
import './problem.css';

/** Shows an error next to its cause. Renders nothing without a text. */
export function Problem({ children, small = false }: { children: ComponentChildren; small?: boolean }) {
  if (children === undefined || children === null) return null;
  return (
    <p role="alert" class={small ? 'problem problem-small' : 'problem'}>
      {children}
    </p>
  );
}
