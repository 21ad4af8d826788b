import type { IncomingMessage, ServerResponse } from 'node:http';

/** An emulated AWS service. The AWS endpoint forwards every request that is signed for the service's name. */
export interface AwsService {
  /** The service's SigV4 signing name, such as `sqs` or `rds-data`. */
  readonly name: string;
  /** Handles one HTTP request, exactly as the SDK sent it. Never throws: a failure becomes an error response. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Whether a web page from another origin may send this request.
   *
   * @default - only pages on this machine may
   */
  allowsPage?(request: IncomingMessage): boolean;
  /** Releases the service's resources: sockets, files, child processes. */
  end(): Promise<void>;
}
