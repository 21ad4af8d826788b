import { DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import type { CORSRule } from '@aws-sdk/client-s3';
import type { Case } from '../contract.ts';
import { refusal, uniqueName, type World } from '../world.ts';
import { bucketIn, sendForm } from './s3-bucket.ts';

const RECORDED =
  'https://github.com/localstack/localstack/blob/00e64fd606b8ddcbbdf789bb7349765b2e518b21/tests/aws/services/s3/test_s3_cors.snapshot.json';

const PAGE = 'https://app.example.com';
const RULE: CORSRule = {
  AllowedOrigins: [PAGE],
  AllowedMethods: ['GET', 'POST'],
  AllowedHeaders: ['x-amz-meta-*'],
  MaxAgeSeconds: 3000,
};
const RULES = [
  {
    AllowedOrigins: ['https://a.example.com', 'http://*.example.com:80'],
    AllowedMethods: ['GET', 'PUT', 'HEAD'],
    AllowedHeaders: ['x-amz-expected-bucket-owner', 'X-Own'],
    ExposeHeaders: ['etag'],
    MaxAgeSeconds: 3000,
  },
  { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
];
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/**
 * Creates a bucket with these CORS rules. The returned `ask` sends a preflight for an object, and returns the status, error code and CORS headers.
 */
async function bucketWith(world: World, ...CORSRules: CORSRule[]) {
  const made = await bucketIn(world);
  const { s3, Bucket } = made;
  const putRules = (rules: CORSRule[]) =>
    s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: rules } }));
  if (CORSRules.length > 0) await putRules(CORSRules);
  return { ...made, putRules, ask: (headers: Record<string, string>) => preflight(world, Bucket, headers) };
}

async function preflight({ endpoint }: World, bucket: string, headers: Record<string, string>) {
  const response = await fetch(`${endpoint}/${bucket}/file`, { method: 'OPTIONS', headers });
  const error = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
  return { status: response.status, ...(error !== undefined && { error }), ...corsHeaders(response) };
}

/** Returns the CORS headers without their common prefix. */
function corsHeaders({ headers }: Response) {
  const prefix = 'access-control-';
  const own = [...headers].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Cases for a bucket's CORS rules, and for requests from web pages. */
export const cors: readonly Case[] = [
  {
    name: 'CORS rules are put, read and deleted',
    page: RECORDED,
    aws: {
      before: { error: 'NoSuchCORSConfiguration', status: 404 },
      rules: RULES,
      deleted: 204,
      after: { error: 'NoSuchCORSConfiguration', status: 404 },
      again: 204,
    },
    async observe(world) {
      const { s3, Bucket, putRules } = await bucketWith(world);
      const read = () => s3.send(new GetBucketCorsCommand({ Bucket }));
      const remove = async () =>
        (await s3.send(new DeleteBucketCorsCommand({ Bucket }))).$metadata.httpStatusCode;
      const before = await refusal(read());
      await putRules(RULES);
      const { CORSRules: rules } = await read();
      return { before, rules, deleted: await remove(), after: await refusal(read()), again: await remove() };
    },
  },
  {
    name: 'CORS rules with an unknown method, or none at all, are refused',
    page: RECORDED,
    aws: {
      method: { error: 'InvalidRequest', status: 400 },
      none: { error: 'MalformedXML', status: 400 },
    },
    async observe(world) {
      const { putRules } = await bucketWith(world);
      return {
        method: await refusal(putRules([{ ...RULE, AllowedMethods: ['GET', 'MYMETHOD'] }])),
        none: await refusal(putRules([])),
      };
    },
  },
  {
    name: 'a preflight is allowed by the first rule with its origin, method and headers',
    page: RECORDED,
    aws: {
      plain: {
        status: 200,
        'allow-credentials': 'true',
        'allow-methods': 'GET, POST',
        'allow-origin': PAGE,
        'max-age': '3000',
      },
      headers: {
        status: 200,
        'allow-credentials': 'true',
        'allow-headers': 'x-amz-meta-a, x-amz-meta-b',
        'allow-methods': 'GET, POST',
        'allow-origin': PAGE,
        'max-age': '3000',
      },
      other: {
        status: 200,
        'allow-methods': 'GET',
        'allow-origin': '*',
        'expose-headers': 'etag, x-amz-request-id',
      },
    },
    async observe(world) {
      const anyone: CORSRule = {
        AllowedOrigins: ['*'],
        AllowedMethods: ['GET'],
        ExposeHeaders: ['etag', 'x-amz-request-id'],
      };
      const { ask } = await bucketWith(world, RULE, anyone);
      const post = { origin: PAGE, 'access-control-request-method': 'POST' };
      return {
        plain: await ask(post),
        headers: await ask({ ...post, 'access-control-request-headers': 'x-amz-meta-a, X-Amz-Meta-B' }),
        other: await ask({ origin: 'http://random:1234', 'access-control-request-method': 'GET' }),
      };
    },
  },
  {
    name: 'a preflight is refused for another origin, method or header, without an origin, and without rules or a bucket',
    page: RECORDED,
    aws: {
      origin: { status: 403, error: 'AccessForbidden' },
      method: { status: 403, error: 'AccessForbidden' },
      header: { status: 403, error: 'AccessForbidden' },
      anonymous: { status: 400, error: 'BadRequest' },
      rules: { status: 403, error: 'AccessForbidden' },
      bucket: { status: 403, error: 'AccessForbidden' },
    },
    async observe(world) {
      const { ask } = await bucketWith(world, RULE);
      const { ask: askWithoutRules } = await bucketWith(world);
      const post = { origin: PAGE, 'access-control-request-method': 'POST' };
      return {
        origin: await ask({ ...post, origin: 'http://app.example.com' }),
        method: await ask({ ...post, 'access-control-request-method': 'PUT' }),
        header: await ask({ ...post, 'access-control-request-headers': 'x-amz-meta-a, x-other' }),
        anonymous: await ask({ 'access-control-request-method': 'POST' }),
        rules: await askWithoutRules(post),
        bucket: await preflight(world, uniqueName('bucket'), post),
      };
    },
  },
  {
    name: 'a page that the rules allow can read the response to its upload form',
    page: RECORDED,
    aws: {
      allowed: {
        status: 204,
        vary: VARY,
        'allow-credentials': 'true',
        'allow-methods': 'GET, POST',
        'allow-origin': PAGE,
        'max-age': '3000',
      },
      other: { status: 204 },
      script: { status: 204 },
    },
    async observe(world) {
      const { s3, Bucket } = await bucketWith(world, RULE);
      const post = async (headers: Record<string, string>) => {
        const response = await sendForm(s3, { Bucket, Key: 'file', Expires: 60 }, 'hello', { headers });
        const vary = response.headers.get('vary');
        return { status: response.status, ...(vary !== null && { vary }), ...corsHeaders(response) };
      };
      return {
        allowed: await post({ origin: PAGE }),
        other: await post({ origin: 'http://localhost:1234' }),
        script: await post({}),
      };
    },
  },
];
