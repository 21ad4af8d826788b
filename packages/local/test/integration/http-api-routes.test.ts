import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodePath } from '../../src/http-api/decode-path.ts';
import { compileRoutes } from '../../src/http-api/routes.ts';

function matcher(...routeKeys: string[]) {
  const match = compileRoutes(routeKeys.map((routeKey) => ({ routeKey, target: routeKey })));
  return (method: string, path: string) => {
    const found = match(method, path);
    return found && { routeKey: found.route.routeKey, ...found.pathParameters };
  };
}

describe('a request', () => {
  // These routes are the example in "Routing API requests" in the API Gateway Developer Guide.
  const pets = matcher(
    'GET /pets/dog/1',
    'GET /pets/dog/{id}',
    'GET /pets/{proxy+}',
    'ANY /{proxy+}',
    '$default',
  );

  it.each([
    ['GET', '/pets/dog/1', { routeKey: 'GET /pets/dog/1' }],
    ['GET', '/pets/dog/2', { routeKey: 'GET /pets/dog/{id}', id: '2' }],
    ['GET', '/pets/cat/1', { routeKey: 'GET /pets/{proxy+}', proxy: 'cat/1' }],
    ['POST', '/test/5', { routeKey: 'ANY /{proxy+}', proxy: 'test/5' }],
    ['POST', '/pets/dog/1', { routeKey: 'ANY /{proxy+}', proxy: 'pets/dog/1' }],
  ])('%s %s goes to the most specific route', (method, path, found) => {
    expect(pets(method, path)).toEqual(found);
  });

  it('prefers the exact method to ANY, and ANY to $default', () => {
    const jobs = matcher('ANY /jobs', 'GET /jobs', '$default');
    expect(jobs('GET', '/jobs')).toEqual({ routeKey: 'GET /jobs' });
    expect(jobs('PUT', '/jobs')).toEqual({ routeKey: 'ANY /jobs' });
    expect(jobs('GET', '/other')).toEqual({ routeKey: '$default' });
  });

  it('prefers a full match to a greedy match with more literals', () => {
    const routes = matcher('GET /a/{proxy+}', 'GET /{x}/b');
    expect(routes('GET', '/a/b')).toEqual({ routeKey: 'GET /{x}/b', x: 'a' });
    expect(routes('GET', '/a/c')).toEqual({ routeKey: 'GET /a/{proxy+}', proxy: 'c' });
  });

  it('gets its path parameters under the names in the matching route', () => {
    const routes = matcher('GET /jobs/{job_id}', 'POST /jobs/{id}/cancel');
    expect(routes('GET', '/jobs/7')).toEqual({ routeKey: 'GET /jobs/{job_id}', job_id: '7' });
    expect(routes('POST', '/jobs/7/cancel')).toEqual({ routeKey: 'POST /jobs/{id}/cancel', id: '7' });
  });

  it.each(['/jobs/', '//jobs', '/jobs//1', '/', '/jobs/1/'])(
    'to %s does not match /jobs or /jobs/1',
    (path) => {
      expect(matcher('GET /jobs', 'GET /jobs/{job_id}')('GET', path)).toBeUndefined();
    },
  );

  it('matches a greedy path variable only if the path continues, even if only with a slash', () => {
    const routes = matcher('GET /files/{proxy+}');
    expect(routes('GET', '/files/')).toEqual({ routeKey: 'GET /files/{proxy+}', proxy: '' });
    expect(routes('GET', '/files')).toBeUndefined();
  });

  it('matches the same route as a search through all routes in order of specificity', () => {
    const segment = fc.constantFrom('a', 'b', '{x}', '{y}');
    const path = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((segments) => `/${segments.join('/')}`);
    const greedyPath = fc
      .array(segment, { maxLength: 3 })
      .map((segments) => `/${[...segments, '{rest+}'].join('/')}`);
    const method = fc.constantFrom('GET', 'POST', 'ANY');
    const routeKey = fc
      .tuple(method, fc.oneof(path, greedyPath))
      .map(([verb, template]) => `${verb} ${template}`);
    // API Gateway refuses two routes that differ only in variable names.
    const routeKeys = fc.uniqueArray(routeKey, {
      maxLength: 12,
      selector: (key) => key.replaceAll(/\{[xy]\}/g, '{}'),
    });
    const requestPath = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 })
      .map((segments) => `/${segments.join('/')}`);

    fc.assert(
      fc.property(routeKeys, fc.constantFrom('GET', 'POST'), requestPath, (keys, verb, requested) => {
        const expected = keys
          .filter((key) => matchesByPattern(key, verb, requested))
          .sort((one, other) => rank(one).localeCompare(rank(other)))[0];
        expect(matcher(...keys)(verb, requested)?.routeKey).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  function matchesByPattern(routeKey: string, verb: string, path: string): boolean {
    const [method = '', template = ''] = routeKey.split(' ');
    const pattern = template.replaceAll(/\{\w+\+\}/g, '.+').replaceAll(/\{\w+\}/g, '[^/]+');
    return (method === 'ANY' || method === verb) && new RegExp(`^${pattern}$`).test(path);
  }

  /**
   * Returns a route key's sort key. Full matches sort before greedy matches. Next, literal segments sort before variables, which sort before greedy
   * variables. Finally, an exact method sorts before ANY.
   */
  function rank(routeKey: string): string {
    const [method = '', template = ''] = routeKey.split(' ');
    const segments = template.slice(1).split('/');
    const kinds = segments.map((segment) =>
      segment.endsWith('+}') ? '2' : segment.startsWith('{') ? '1' : '0',
    );
    return `${template.includes('+}') ? 1 : 0}${kinds.join('').padEnd(6, '0')}${method === 'ANY' ? 1 : 0}`;
  }
});

describe('a request’s path', () => {
  // These expected paths were captured from an HTTP API on AWS.
  it.each([
    ['/capture/plain', '/capture/plain'],
    ['/capture/space%20value', '/capture/space value'],
    ['/capture/question%3Fvalue', '/capture/question'],
    ['/capture/hash%23value', '/capture/hash#value'],
    ['/capture/slash%2Fvalue', '/capture/slash/value'],
    ['/capture/unicode-%CE%BB', '/capture/unicode-λ'],
    ['/capture/literal%252Fvalue', '/capture/literal/value'],
    ['/capture/literal%253Fvalue', '/capture/literal?value'],
    ['/capture/literal%2525value', '/capture/literal%value'],
    ['/capture/percent%25done', undefined],
    ['/capture/cut%2', undefined],
  ])('%s is decoded to %s', (sent, decoded) => {
    expect(decodePath(sent)).toBe(decoded);
  });
});
