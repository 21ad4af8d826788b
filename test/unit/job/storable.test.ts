import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storableText } from '../../../lambdas/job/storable.ts';
import { anyText } from '../../helpers/any-text.ts';

describe('text of any origin', () => {
  it('is kept if it can be stored and shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        expect(storableText(text, 1_000)).toBe(text);
      }),
    );
    expect(storableText('a\tb\r\nc', 10)).toBe('a\tb\r\nc');
  });

  it('loses only characters that cannot', () => {
    expect(storableText('a\0b\u001bc\ud83d', 10)).toBe('a�b�c�');
  });

  it('is cut, but never within a character', () => {
    expect(storableText('abc', 2)).toBe('ab');
    expect(storableText('a😀', 2)).toBe('a�');
  });

  it('uses at most three bytes of JSON per character', () => {
    fc.assert(
      fc.property(anyText(200), (text) => {
        const stored = storableText(text, 100);
        expect(stored.length).toBeLessThanOrEqual(100);
        expect(stored.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(stored)) - 2).toBeLessThanOrEqual(3 * stored.length);
      }),
      { numRuns: 500 },
    );
  });
});
