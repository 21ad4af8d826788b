import { describe, expect, it } from '@jest/globals';
import { refusedLicences } from '../../../tools/dependencies/licences.ts';

const refused = (license: string | undefined): string[] =>
  refusedLicences({
    '': {},
    'node_modules/a/node_modules/@scope/b': { version: '1.0.0', ...(license !== undefined && { license }) },
  });

describe('the licenses of dependencies', () => {
  it.each(['MIT', 'ISC', '(MIT OR GPL-3.0)', 'MIT AND ISC', '(BSD-2-Clause OR MIT OR Apache-2.0)'])(
    '%s is allowed',
    (license) => {
      expect(refused(license)).toEqual([]);
    },
  );

  it.each(['GPL-3.0', 'AGPL-3.0-only', 'MIT AND GPL-2.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE'])(
    '%s is refused with the package’s name',
    (license) => {
      expect(refused(license)).toEqual([`@scope/b@1.0.0: ${license}`]);
    },
  );

  it('the LGPL is allowed only for the native libraries that the tests load', () => {
    const license = 'Apache-2.0 AND LGPL-3.0-or-later';
    expect(refusedLicences({ 'node_modules/@img/sharp-win32-x64': { version: '1.0.0', license } })).toEqual(
      [],
    );
    expect(refused(license)).toEqual([`@scope/b@1.0.0: ${license}`]);
    const gpl = { version: '1.0.0', license: 'GPL-3.0' };
    expect(refusedLicences({ 'node_modules/@img/sharp-x': gpl })).toEqual(['@img/sharp-x@1.0.0: GPL-3.0']);
  });

  it('a missing license is refused', () => {
    expect(refused(undefined)).toEqual(['@scope/b@1.0.0: no license named']);
  });
});
