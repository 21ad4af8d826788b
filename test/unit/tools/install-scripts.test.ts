import { describe, expect, it } from '@jest/globals';
import { undecidedInstallScripts } from '../../../tools/dependencies/install-scripts.ts';

const PACKAGES = {
  '': { version: '0.1.0' },
  'node_modules/plain': { version: '1.0.0' },
  'node_modules/a/node_modules/@scope/built': { version: '2.0.0', hasInstallScript: true },
};

describe('install scripts', () => {
  it.each([true, false])('are approved or denied by the name of their package: %s', (decision) => {
    expect(undecidedInstallScripts(PACKAGES, { '@scope/built': decision })).toEqual([]);
  });

  it('are listed with their version if nobody decided on them', () => {
    expect(undecidedInstallScripts(PACKAGES, { built: true })).toEqual(['@scope/built@2.0.0']);
  });
});
