/** A job service behind Errand's HTTP API, with its stores and workers. */
export interface Service {
  readonly url: string;
  /** The service's processes; their descendants count too. */
  readonly roots: readonly number[];
  end(): Promise<void>;
}

/** Starts a service with empty stores. */
export type StartService = (signal: AbortSignal) => Promise<Service>;
