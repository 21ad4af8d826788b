import { beforeAll, describe, expect, it } from '@jest/globals';
import type * as SavedViews from '../src/jobs/saved-views.ts';

let views: typeof SavedViews;

beforeAll(async () => {
  Object.assign(globalThis, { localStorage: { getItem: () => null } });
  views = await import('../src/jobs/saved-views.ts');
});

describe('saved views', () => {
  it('are read, and invalid ones are skipped', () => {
    const stored = [{ name: 'Failed', filter: { status: 'failed', nope: 1 } }, { name: 7 }, null, 'x'];
    expect(views.readViews(JSON.stringify(stored))).toEqual([
      { name: 'Failed', filter: { status: 'failed' } },
    ]);
  });

  it.each(['{', '{}', '"x"', null])('are empty if the storage holds %j', (text) => {
    expect(views.readViews(text)).toEqual([]);
  });

  it('have unique names, and are sorted by name', () => {
    const known = [{ name: 'b', filter: { tag: 'old' } }];
    const changed = views.withView(views.withView(known, { name: 'b', filter: { tag: 'new' } }), {
      name: 'a',
      filter: {},
    });
    expect(changed).toEqual([
      { name: 'a', filter: {} },
      { name: 'b', filter: { tag: 'new' } },
    ]);
  });
});
