import type { ReadStream, WriteStream } from 'node:tty';

/** The terminal in full-screen mode, which a command redraws. */
export interface Screen {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Replaces the terminal's content. */
  readonly draw: (lines: readonly string[]) => void;
  /** Calls the listener whenever the terminal's size changes. */
  readonly onResize: (listener: () => void) => void;
  /** Aborted when the user presses q or Ctrl-C, when the process receives a termination signal, or when the terminal is closed. */
  readonly quit: AbortSignal;
  /** Restores the terminal's previous state. */
  readonly close: () => void;
}

// xterm's control sequences, which all common terminals support: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
const ESCAPE = '\u001b[';
/**
 * Switches to the alternate screen, and hides the cursor. Also turns off line wrap, because wide characters can make a line longer than the
 * terminal's width.
 */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const CLEAR_REST_OF_LINE = `${ESCAPE}K`;
const CLEAR_REST_OF_SCREEN = `${ESCAPE}J`;

const CTRL_C = '\u0003';
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Takes over the terminal until the screen is closed. */
export function openScreen(input: ReadStream, output: WriteStream): Screen {
  const quitting = new AbortController();
  const quit = (): void => {
    quitting.abort();
  };
  const onInput = (keys: string): void => {
    if (/q/i.test(keys) || keys.includes(CTRL_C)) quit();
  };
  // Restores the terminal even if the process ends with an error.
  const leave = (): void => {
    output.write(LEAVE);
    input.setRawMode(false);
  };
  let resized: (() => void) | undefined;
  const onResize = (): void => resized?.();

  input.setRawMode(true).setEncoding('utf8').on('data', onInput).on('end', quit).resume();
  output.on('resize', onResize).on('error', quit).write(ENTER);
  for (const signal of ENDING_SIGNALS) process.on(signal, quit);
  process.on('exit', leave);
  return {
    // The size is 0 if the terminal does not report it.
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    draw(lines) {
      const text = lines.map((line) => line + CLEAR_REST_OF_LINE).join('\r\n');
      output.write(HOME + text + CLEAR_REST_OF_SCREEN);
    },
    onResize(listener) {
      resized = listener;
    },
    quit: quitting.signal,
    close() {
      process.off('exit', leave);
      leave();
      for (const signal of ENDING_SIGNALS) process.off(signal, quit);
      output.off('resize', onResize);
      input.off('data', onInput).off('end', quit).pause();
    },
  };
}
