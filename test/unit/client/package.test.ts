import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { clientBundle } from '../../helpers/client-bundle.ts';
import { JOB } from './fake-api.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the package errand-client', () => {
  it('has one dependency', () => {
    const text = readFileSync(path.join(ROOT, 'packages/client/package.json'), 'utf8');
    const { dependencies, peerDependencies } = JSON.parse(text) as Record<string, Record<string, string>>;
    expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(['openapi-fetch']);
  });

  it('is a small bundle for a browser', async () => {
    expect(gzipSync(await clientBundle()).length).toBeLessThan(10_000);
  });

  it('needs only globals that browsers, Workers and Deno have', async () => {
    const sent: string[] = [];
    const globals = {
      AbortController,
      FormData,
      Headers,
      Request,
      Response,
      TextEncoder,
      URL,
      URLSearchParams,
      clearTimeout,
      fetch: (request: Request) => {
        sent.push(`${request.method} ${request.url}`);
        return Promise.resolve(Response.json({ ...JOB, status: 'success', result: 'done' }));
      },
      performance,
      setTimeout,
    };
    const context = createContext(globals);
    runInContext(await clientBundle(), context);
    const submitAndWait = `(async () => {
      const errand = errandClient.createErrand({ url: 'https://example.com/' });
      return (await errand.submit('sleep')).result();
    })()`;
    expect(await runInContext(submitAndWait, context)).toBe('done');
    expect(sent).toEqual([
      'POST https://example.com/v1/jobs',
      `GET https://example.com/v1/jobs/${JOB.job_id}?wait=25`,
    ]);
    expect(() => runInContext('errandClient.createErrand()', context) as unknown).toThrow('has no url');
  });
});
