import { duration } from './step-line.ts';

export interface ReadyService {
  /** Milliseconds that the start took. */
  readonly tookMs: number;
  readonly apiUrl: string;
  readonly awsEndpointUrl: string;
  /** The folder of the data, as a person reads it. */
  readonly data: string;
}

/**
 * What the local service says once it is ready: where everything is.
 *
 * @param environment `CONSOLE=false` leaves out the console
 */
export function readyLines(
  { tookMs, apiUrl, awsEndpointUrl, data }: ReadyService,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  return [
    `Ready in ${duration(tookMs)}: ${apiUrl} (AWS endpoint ${awsEndpointUrl}, data in ${data})`,
    ...(environment.CONSOLE === 'false' ? [] : [`Console: ${apiUrl}/console`]),
    `Documentation of the API: ${apiUrl}/docs`,
  ];
}
