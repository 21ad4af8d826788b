/** A job service that answers on Errand's HTTP API, with its stores and workers. */
export interface Service {
  readonly url: string;
  /** The processes that it consists of, with all that these started. */
  readonly roots: readonly number[];
  end(): Promise<void>;
}

/** Starts a service with empty stores. */
export type StartService = (signal: AbortSignal) => Promise<Service>;
