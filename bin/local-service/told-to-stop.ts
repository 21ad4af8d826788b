/** Aborts when this process should stop: after a signal, or when nobody reads its output. */
export function toldToStop(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  // npm forwards a signal that the terminal has already sent, so a second signal is ignored.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The reader of the output has closed the pipe, as `head` does after ten lines.
  process.stdout.on('error', stop);
  return controller.signal;
}
