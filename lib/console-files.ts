import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SCOPES } from '../lambdas/access/identity.ts';
import type { ResolvedSettings } from './settings/table.ts';

type ConsoleSettings = Pick<
  ResolvedSettings,
  'console' | 'auth' | 'consoleClientId' | 'jwtIssuer' | 'jwtAudience' | 'jwtScopePrefix'
>;

/** Matches the element with the configuration that the page needs before its first request (packages/console/index.html). */
const CONFIGURATION = /(<meta name="errand" content=")[^"]*"/;

/**
 * Returns a function that writes the deployment's authentication settings into the console's page, which is next to the api's bundle. If the
 * console is turned off, the returned function removes the console instead.
 *
 * @returns undefined for the default settings, which the page already contains
 */
export function consoleFiles(settings: ConsoleSettings): ((outputDir: string) => void) | undefined {
  if (!settings.console) {
    return (outputDir) => {
      rmSync(folderOf(outputDir), { recursive: true });
    };
  }
  if (settings.auth === 'api-key') return undefined;
  return (outputDir) => {
    const file = path.join(folderOf(outputDir), 'index.html.gz');
    const page = gunzipSync(readFileSync(file)).toString();
    writeFileSync(file, gzipSync(configured(page, configurationOf(settings)), { level: 9 }));
  };
}

/** Returns the fields of `Configuration` in packages/console/src/app/configuration.ts. */
function configurationOf(settings: ConsoleSettings): Readonly<Record<string, string>> {
  const { auth, consoleClientId, jwtIssuer, jwtAudience, jwtScopePrefix } = settings;
  if (consoleClientId === undefined || jwtIssuer === undefined) return { auth };
  const [audience = ''] = jwtAudience;
  const scope = SCOPES.map((each) => `${jwtScopePrefix}${each}`).join(' ');
  return { auth, issuer: jwtIssuer, client_id: consoleClientId, audience, scope };
}

function folderOf(outputDir: string): string {
  return path.join(outputDir, 'documents/console');
}

function configured(page: string, configuration: Readonly<Record<string, string>>): string {
  if (!CONFIGURATION.test(page)) throw new Error('The console page has no <meta name="errand">.');
  const text = new URLSearchParams(configuration).toString().replaceAll('&', '&amp;');
  return page.replace(CONFIGURATION, (_all, start: string) => `${start}${text}"`);
}
