import type { Progress } from './run.ts';

const WIDTH = 28;
const REDRAW_MS = 100;
/** The interval between progress lines if there is no terminal, in milliseconds. */
const LINE_MS = 10_000;
const CLEAR_LINE = '\r\u001b[2K';

export interface ProgressBar {
  readonly see: (progress: Progress) => void;
  readonly end: () => void;
}

/** Shows a progress bar on a terminal. Without a terminal, as in CI, writes an occasional line. */
export function startProgressBar(stream: NodeJS.WriteStream): ProgressBar {
  const startedAt = performance.now();
  const { isTTY } = stream as { isTTY?: boolean };
  let latest: Progress | undefined;
  const show = (): void => {
    if (!latest) return;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    if (isTTY)
      stream.write(
        CLEAR_LINE + `${barOf(latest)} ${lineOf(latest)} ${seconds} s`.slice(0, stream.columns - 1),
      );
    else stream.write(`${seconds} s: ${lineOf(latest)}\n`);
  };
  const timer = setInterval(show, isTTY ? REDRAW_MS : LINE_MS);
  return {
    see(progress) {
      const isNewPhase = progress.phase !== latest?.phase;
      latest = progress;
      if (isNewPhase) show();
    },
    end() {
      clearInterval(timer);
      if (isTTY) stream.write(CLEAR_LINE);
    },
  };
}

function barOf({ done, of }: Progress): string {
  const filled = of === 0 ? 0 : Math.round((done / of) * WIDTH);
  return `[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}]`;
}

/** Returns the text next to the bar, such as `chaos 120 of 300 jobs, 7 bad or lost responses`. */
export function lineOf({ phase, done, of, note }: Progress): string {
  if (phase === 'starting') return 'starting the cloud';
  if (phase === 'checking') return 'checking';
  return `${phase} ${done} of ${of} jobs${note === '' ? '' : `, ${note}`}`;
}
