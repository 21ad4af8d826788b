/** A running job service that offers Errand's HTTP API, with its stores and workers. */
export interface Service {
  readonly url: string;
  /** The ids of the service's processes. Their descendants also belong to the service. */
  readonly roots: readonly number[];
  end(): Promise<void>;
}

/** Starts a service with empty stores. */
export type StartService = (signal: AbortSignal) => Promise<Service>;
