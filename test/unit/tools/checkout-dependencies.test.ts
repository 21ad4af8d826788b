import { describe, expect, it } from '@jest/globals';
import { hasAllPackages } from '../../../tools/checkout/dependencies.ts';

type Packages = Record<string, { version?: string; integrity?: string; link?: boolean }>;

const RELEASE: Packages = {
  '': { version: '0.1.0' },
  'packages/local': { version: '0.1.0' },
  'node_modules/errand-local': { link: true },
  'node_modules/pg': { version: '8.16.0', integrity: 'sha512-pg' },
  'node_modules/@aws-sdk/core': { version: '3.1.0', integrity: 'sha512-core' },
};

const has = (packages: Packages, others: Packages): boolean =>
  hasAllPackages(JSON.stringify({ packages }), JSON.stringify({ packages: others }));

describe('an installation', () => {
  it.each<[string, Packages]>([
    ['equals the other one', {}],
    ['has more packages', { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-zod' } }],
    [
      'has another version inside an additional package',
      {
        'node_modules/zod': { version: '4.0.0', integrity: 'sha512-zod' },
        'node_modules/zod/node_modules/pg': { version: '7.0.0', integrity: 'sha512-pg-7' },
      },
    ],
    ['has other workspaces', { 'packages/console': { version: '0.2.0' } }],
  ])('can replace another one if it %s', (_, more) => {
    expect(has({ ...RELEASE, ...more }, RELEASE)).toBe(true);
  });

  it.each<[string, Packages]>([
    ['has another version', { 'node_modules/pg': { version: '8.17.0', integrity: 'sha512-pg' } }],
    ['has other content', { 'node_modules/pg': { version: '8.16.0', integrity: 'sha512-other' } }],
    [
      'has another dependency inside a package',
      { 'node_modules/@aws-sdk/core/node_modules/pg': { version: '7.0.0', integrity: 'sha512-pg-7' } },
    ],
  ])('cannot replace another one if it %s', (_, more) => {
    expect(has({ ...RELEASE, ...more }, RELEASE)).toBe(false);
  });

  it.each(['node_modules/@aws-sdk/core', 'node_modules/errand-local'])(
    'cannot replace another one if it lacks %s',
    (folder) => {
      const packages = Object.fromEntries(Object.entries(RELEASE).filter(([other]) => other !== folder));
      expect(has(packages, RELEASE)).toBe(false);
    },
  );
});
