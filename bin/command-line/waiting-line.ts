import type { Schema } from 'errand-client';
import { printable } from './show.ts';
import type { Terminal } from './session.ts';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 80;
const BAR_WIDTH = 24;

const CLEAR_LINE = '\r\u001b[2K';

export interface WaitingLine {
  readonly see: (job: Schema<'Job'>) => void;
  readonly end: () => void;
}

/** Shows one line with a job's state, and a progress bar if the job reports progress. Shows nothing if the output is not a terminal. */
export function startWaitingLine({ messages }: Terminal): WaitingLine {
  if (!messages.isTTY) return { see: () => undefined, end: () => undefined };
  const startedAt = performance.now();
  let job: Schema<'Job'> | undefined;
  let frame = 0;
  const draw = (): void => {
    frame = (frame + 1) % FRAMES.length;
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    const line = `${FRAMES[frame] ?? ''} ${job ? lineOf(job) : 'waiting'} ${seconds}s`;
    messages.write(CLEAR_LINE + line.slice(0, (messages.columns ?? 80) - 1));
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    see(seen) {
      job = seen;
    },
    end() {
      clearInterval(timer);
      messages.write(CLEAR_LINE);
    },
  };
}

/** Formats the line, for example as `running (attempt 1 of 3) [████······] 40 % half the file`. */
export function lineOf({ status, attempt, max_attempts: attempts, progress }: Schema<'Job'>): string {
  const parts: string[] = [status];
  if (attempt > 0) parts.push(`(attempt ${attempt} of ${attempts})`);
  if (progress) {
    const filled = Math.round(progress.fraction * BAR_WIDTH);
    parts.push(
      `[${'█'.repeat(filled)}${'·'.repeat(BAR_WIDTH - filled)}]`,
      `${Math.round(progress.fraction * 100)} %`,
    );
    if (progress.note !== null) parts.push(printable(progress.note));
  }
  return parts.join(' ');
}
