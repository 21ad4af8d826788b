import { describe, expect, it } from '@jest/globals';
import { findErrand } from '../../../bin/local-service/app/find-errand.ts';

type App = Parameters<typeof findErrand>[0];

/** Returns an app with the given stacks, and with Errand constructs at the given paths. */
function appWith(stacks: Record<string, string[]>): App {
  return {
    missing: [],
    stacks: Object.entries(stacks).map(([path, errands]) => ({
      path,
      stackName: path,
      template: { Resources: {} },
      assets: new Map(),
      pathOf: new Map(),
      metadata: errands.map((errand) => ({
        path: errand,
        type: 'errand:construct',
        data: { outputs: { Name: errand } },
      })),
      account: undefined,
      region: undefined,
    })),
  };
}

describe('the Errand of an app', () => {
  const two = appWith({ Shop: ['Shop/Jobs', 'Shop/Reports'], Billing: [] });

  it('is by default the only one', () => {
    expect(findErrand(appWith({ Shop: ['Shop/Jobs'], Billing: [] }), undefined)).toEqual({
      path: 'Shop/Jobs',
      outputs: { Name: 'Shop/Jobs' },
    });
  });

  it('can be chosen by its path', () => {
    expect(findErrand(two, 'Shop/Reports').path).toBe('Shop/Reports');
  });

  it.each([
    [
      'has none',
      appWith({ Shop: [], Billing: [] }),
      undefined,
      "The app has no Errand. Add one to a stack: new Errand(this, 'Jobs', { jobs: 'jobs/index.ts' }). Its stacks are: Shop, Billing.",
    ],
    [
      'has several',
      two,
      undefined,
      'The app has 2 Errands. Choose one:\n  --construct Shop/Jobs\n  --construct Shop/Reports',
    ],
    [
      'has none at the chosen path',
      two,
      'Shop/Job',
      'The app has no Errand at Shop/Job. Choose one:\n  --construct Shop/Jobs\n  --construct Shop/Reports',
    ],
  ])('is refused if the app %s', (_name, app, wanted, message) => {
    expect(() => findErrand(app, wanted)).toThrow(new Error(message));
  });
});
