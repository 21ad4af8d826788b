// The messages between a chaos run and the process of its embedded cloud.

export interface StartOptions {
  /** The folder of the cloud assembly to deploy. */
  readonly assemblyDir: string;
  readonly dataDir: string;
  readonly httpPort: number;
  readonly awsPort: number;
  /** Additional environment variables for the functions and for PostgreSQL. */
  readonly functionVariables: Readonly<Record<string, string>>;
  readonly postgresVariables: Readonly<Record<string, string>>;
}

/** The process's first message, sent once the cloud is ready. */
export interface Readiness {
  readonly apiUrl: string;
  readonly awsEndpointUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export type Action =
  | { readonly action: 'deploy'; readonly assemblyDir: string }
  /** The free disk space in bytes. If undefined, the disk never counts as full. */
  | { readonly action: 'set-free-bytes'; readonly bytes?: number }
  | { readonly action: 'end' };

export type Request = Action & { readonly id: number };

/** The reply to the request with this id. */
export interface Reply {
  readonly id: number;
  /** The reason for the failure; undefined if the request succeeded. */
  readonly error?: string;
}
