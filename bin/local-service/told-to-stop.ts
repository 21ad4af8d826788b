/** Aborts when this process is told to stop: by a signal, or because nobody reads its output any more. */
export function toldToStop(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  // npm passes a signal on that the terminal has sent already: a second one says nothing more than the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The reader of the output has left, as `head` does after ten lines.
  process.stdout.on('error', stop);
  return controller.signal;
}
