import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { refusedLicences, type LockedPackage } from './licences.ts';

// `npm run check:dependencies`: the licences of all packages in package-lock.json, which needs no network, and their known
// vulnerabilities after `npm audit`, which asks the registry. Ends with 1 for a licence that is not allowed or a vulnerability that is high
// or critical; where the registry gives no answer it says so, and ends with 2 if told to by --require-audit, else with 0.

const ROOT = path.resolve(import.meta.dirname, '../..');

const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const refused = refusedLicences(lock.packages);
const count = Object.keys(lock.packages).length - 1;
console.log(
  refused.length === 0
    ? `Licences: all of ${count} packages are allowed.`
    : `Licences that are not allowed:\n  ${refused.join('\n  ')}`,
);
if (refused.length > 0) process.exitCode = 1;

interface Audit {
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const audit = parse(stdout);
if (audit?.metadata === undefined) {
  console.log('Vulnerabilities: NOT CHECKED. The registry did not answer `npm audit`.');
  if (process.argv.includes('--require-audit')) process.exitCode ??= 2;
} else {
  const grave = Object.entries(audit.vulnerabilities ?? {}).filter(([, { severity }]) =>
    ['high', 'critical'].includes(severity),
  );
  const all = Object.entries(audit.metadata.vulnerabilities).map(
    ([severity, number]) => `${severity} ${number}`,
  );
  console.log(`Vulnerabilities after npm audit: ${all.join(', ')}.`);
  for (const [name, { severity, range }] of grave) console.log(`  ${name} ${range}: ${severity}`);
  if (grave.length > 0) process.exitCode = 1;
}

function parse(text: string): Audit | undefined {
  try {
    return JSON.parse(text) as Audit;
  } catch {
    return undefined;
  }
}
