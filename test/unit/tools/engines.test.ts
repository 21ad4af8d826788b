import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

const { subset } = createRequire(import.meta.url)('semver') as {
  subset: (narrow: string, wide: string) => boolean;
};

interface Locked {
  readonly engines?: { readonly node?: string };
  readonly optional?: boolean;
}

const { packages } = JSON.parse(readFileSync(path.join(PROJECT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
const supported = packages['']?.engines?.node ?? '';

it('every package runs on every Node that Errand supports', () => {
  const refusing = Object.entries(packages)
    // npm silently skips an optional package that does not support the Node version.
    .filter(([, { engines, optional }]) => optional !== true && !subset(supported, engines?.node ?? '*'))
    .map(([name, { engines }]) => `${name}: ${String(engines?.node)}`);
  expect(supported).not.toBe('');
  expect(refusing).toEqual([]);
});

/** Runs the script that `npm ci` runs last, as if npm ran on the given version of Node, and returns the script's output. */
function saidTo(version: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(PROJECT, 'tools/node-version.js')], {
    env: { npm_config_user_agent: `npm/11.19.1 node/v${version} linux x64 workspaces/true` },
    encoding: 'utf8',
  });
  return stdout + stderr;
}

it('npm ci with an older Node prints in one line which Node is needed', () => {
  expect(saidTo('20.20.2')).toMatch(/^Errand needs Node 24, and this is Node 20\.20\.2\. .*\n$/);
  expect(saidTo('24.0.0')).toBe('');
  expect(saidTo('26.1.0')).toBe('');
});

it('npm ci runs the check of Node’s version, and npm’s own warnings are turned off', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts.prepare).toBe('node tools/node-version.js');
  const { status, stdout } = spawnSync('npm', ['config', 'get', 'loglevel'], {
    cwd: PROJECT,
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, 'error\n']);
});
