import { existsSync } from 'node:fs';
import path from 'node:path';
import { duration } from './step-line.ts';

/** Path of the console's page in the API function's code. In a stack without the console, the file is missing (lib/console-files.ts). */
const CONSOLE_PAGE = 'documents/console/index.html.gz';

export interface ReadyService {
  /** How long startup took, in milliseconds. */
  readonly tookMs: number;
  readonly apiUrl: string;
  readonly awsEndpointUrl: string;
  /** The data folder, as shown to the user. */
  readonly data: string;
  /** The running functions. */
  readonly functions: readonly { readonly codeDir: string }[];
}

/** Returns the lines that the local service prints when it is ready, such as its URLs. */
export function readyLines({ tookMs, apiUrl, awsEndpointUrl, data, functions }: ReadyService): string[] {
  const hasConsole = functions.some(({ codeDir }) => existsSync(path.join(codeDir, CONSOLE_PAGE)));
  return [
    `Ready in ${duration(tookMs)}: ${apiUrl} (AWS endpoint ${awsEndpointUrl}, data in ${data})`,
    ...(hasConsole ? [`Console: ${apiUrl}/console`] : []),
    `API documentation: ${apiUrl}/docs`,
  ];
}
