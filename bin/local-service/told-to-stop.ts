/**
 * Returns a signal that is aborted when this process should stop: after SIGINT, SIGTERM or SIGHUP, or when nobody reads its output anymore.
 */
export function toldToStop(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  // A second signal is ignored, because npm forwards a signal that the terminal has already sent.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The reader of the output has closed the pipe, as `head` does after ten lines.
  process.stdout.on('error', stop);
  return controller.signal;
}
