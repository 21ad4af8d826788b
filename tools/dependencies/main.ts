import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { undecidedInstallScripts } from './install-scripts.ts';
import { refusedLicences, type LockedPackage } from './licences.ts';

// `npm run check:dependencies` checks every package in package-lock.json. Licenses and install scripts are checked offline; known
// vulnerabilities come from the registry (`npm audit`). The exit code is 1 for a license that is not allowed, an undecided install script, or a
// vulnerability of high or critical severity. The exit code is 2 if the registry does not respond, unless --allow-unchecked is set.

const ROOT = path.resolve(import.meta.dirname, '../..');
const UNCHECKED = 2;

function readJson<Content>(name: string): Content {
  return JSON.parse(readFileSync(path.join(ROOT, name), 'utf8')) as Content;
}

const { packages } = readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json');
const { allowScripts } = readJson<{ allowScripts: Record<string, boolean> }>('package.json');
const count = Object.keys(packages).length - 1;

const refused = refusedLicences(packages);
console.log(
  refused.length === 0
    ? `Licenses: all ${count} packages are allowed.`
    : `Licenses that are not allowed:\n  ${refused.join('\n  ')}`,
);
if (refused.length > 0) process.exitCode = 1;

const undecided = undecidedInstallScripts(packages, allowScripts);
console.log(
  undecided.length === 0
    ? 'Install scripts: each is approved or denied in package.json.'
    : `Install scripts to approve or deny (npm install-scripts --help):\n  ${undecided.join('\n  ')}`,
);
if (undecided.length > 0) process.exitCode = 1;

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
  const allowed = process.argv.includes('--allow-unchecked');
  const advice = allowed
    ? ''
    : ' Run it where the registry responds, or skip this check with --allow-unchecked.';
  console.log(`Vulnerabilities: NOT CHECKED. The registry did not respond to npm audit.${advice}`);
  if (!allowed) process.exitCode ??= UNCHECKED;
} else {
  const grave = Object.entries(audit.vulnerabilities ?? {}).filter(([, { severity }]) =>
    ['high', 'critical'].includes(severity),
  );
  const all = Object.entries(audit.metadata.vulnerabilities).map(
    ([severity, number]) => `${severity} ${number}`,
  );
  console.log(`Vulnerabilities reported by npm audit: ${all.join(', ')}.`);
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
