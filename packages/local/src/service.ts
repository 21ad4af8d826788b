import type { IncomingMessage, ServerResponse } from 'node:http';

/** One emulated AWS service: the AWS endpoint hands it every request that is signed for its name. */
export interface AwsService {
  /** The service's SigV4 signing name, such as `sqs` or `rds-data`. */
  readonly name: string;
  /** Answers one HTTP request exactly as the SDK sent it. Never throws: a failure is an answer. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Releases everything the service holds: sockets, files, child processes. */
  end(): Promise<void>;
}
