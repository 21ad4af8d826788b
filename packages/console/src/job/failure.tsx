import type { Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { readStack } from './stack.ts';
import './failure.css';

export interface FailureProps {
  readonly message: string;
  /** The last failed attempt; undefined while it is loading. */
  readonly attempt: Schema<'Attempt'> | undefined;
}

/** Shows the error and the first stack frame in the job's own code. The user can expand the whole stack. */
export function Failure({ message, attempt }: FailureProps) {
  const [open, setOpen] = useState(false);
  const stack =
    attempt?.stack === null || attempt?.stack === undefined ? undefined : readStack(attempt.stack);
  return (
    <section class="failure" aria-label="Error">
      <div class="failure-head">
        <p class="failure-message">{message}</p>
        <CopyButton text={attempt?.stack ?? message} label="Copy the error" />
      </div>
      {stack?.ownLine !== undefined && (
        <p class="failure-own mono">
          {stack.ownFunction !== undefined && <span class="muted">{stack.ownFunction} at </span>}
          {stack.ownLine}
        </p>
      )}
      {stack && (
        <>
          <button
            type="button"
            class="link-button"
            aria-expanded={open}
            onClick={() => {
              setOpen(!open);
            }}
          >
            {open ? 'Hide the stack' : 'Show the stack'}
          </button>
          {open && (
            <pre class="failure-stack mono" tabIndex={0}>
              {stack.lines.map(({ text, isOwn }, index) => (
                <span key={index} class={isOwn ? 'failure-frame-own' : 'muted'}>
                  {text}
                  {'\n'}
                </span>
              ))}
            </pre>
          )}
        </>
      )}
    </section>
  );
}
