/**
 * Returns a signal that is aborted when this process should stop: after SIGINT, SIGTERM or SIGHUP, or when the reader of its output closes the pipe.
 */
export function toldToStop(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  // Ignores a second signal: the terminal sends the signal to this process, and npm then forwards it again.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // An error means that the reader has closed the pipe, as `head` does after ten lines.
  process.stdout.on('error', stop);
  return controller.signal;
}
