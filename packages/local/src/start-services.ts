/** The definition of a service: how to start and stop it. */
export interface ServiceDefinition<Running> {
  readonly name: string;
  start(): Running | Promise<Running>;
  /**
   * Called with the result of `start`, unless `start` failed. If there is no `stop`, and another service fails to start, the failed startup does not
   * wait for this service.
   */
  readonly stop?: (running: NoInfer<Running>) => void | Promise<void>;
  /** Whether to report the duration of the start. @default false */
  readonly isReported?: boolean;
}

export interface Service<Running = unknown> {
  readonly name: string;
  readonly isReported: boolean;
  /** The result of `start`. Reading this property before the start has finished throws an Error. */
  readonly running: Running;
  start(): Promise<void>;
  /** Stops the service; undefined if the service doesn't need to be stopped. */
  readonly stop: (() => Promise<void>) | undefined;
}

/** Services to start one after another. The services in an inner list start in parallel. */
export type ServiceList = readonly (Service | readonly Service[])[];

/** Defines a service. Later services in the list can use its `running` value. */
export function service<Running>(definition: ServiceDefinition<Running>): Service<Running> {
  const { name, isReported = false, stop } = definition;
  let started: { readonly running: Running } | undefined;
  return {
    name,
    isReported,
    get running() {
      if (started) return started.running;
      throw new Error(`${name} has not been started.`);
    },
    async start() {
      started = { running: await definition.start() };
    },
    stop:
      stop &&
      (async () => {
        if (started) await stop(started.running);
      }),
  };
}

/** Ends a service. Use this function as the `stop` of services that have an `end` method. */
export function end(running: { end(): Promise<void> }): Promise<void> {
  return running.end();
}

/**
 * Starts services in list order. If a service fails to start, no further services are started, and all started services are stopped,
 * including services that finish starting later.
 *
 * @param onStep called when a reported service has started, with its startup time in milliseconds
 * @returns a function that stops the services in reverse order
 * @throws the error of the first failed start; SuppressedError with the same message if a stop then failed too
 */
export async function startServices(
  list: ServiceList,
  onStep: (name: string, milliseconds: number) => void = () => undefined,
): Promise<{ stop(): Promise<void> }> {
  const begun = new AsyncDisposableStack();

  const start = async (each: Service): Promise<void> => {
    const startedAt = performance.now();
    const started = each.start();
    if (each.stop) begun.defer(() => started.then(each.stop, () => undefined));
    await started;
    if (each.isReported) onStep(each.name, performance.now() - startedAt);
  };

  try {
    for (const step of list) await Promise.all([step].flat().map(start));
  } catch (error) {
    await begun.disposeAsync().catch((stopError: unknown) => {
      throw new SuppressedError(stopError, error, error instanceof Error ? error.message : String(error));
    });
    throw error;
  }
  return { stop: () => begun.disposeAsync() };
}
