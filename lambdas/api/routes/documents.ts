import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { docsFileSchema } from '../schemas.ts';
import type { staticFile as StaticFile } from '../static-files.ts';
import { validate } from '../validation.ts';

type Route = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Loaded with the first request for a file: hardly any start is followed by one. */
const staticFile: typeof StaticFile = async (...given) =>
  (await import('../static-files.ts')).staticFile(...given);

/** Asked for anew each time, answered with 304 as long as it is the same. */
const REVALIDATED = { 'cache-control': 'no-cache' };

/** Its name changes with its content. */
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/** The page runs our files alone, and asks nobody but this API. Swagger UI has its arrows as `data:` images. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /openapi.json` */
export function getDocument(): Route {
  return (event) => staticFile('openapi.json', event, REVALIDATED);
}

/** `GET /docs`: Swagger UI, with the document of this API. */
export function getDocsPage(): Route {
  return (event) =>
    staticFile('index.html', event, { ...REVALIDATED, 'content-security-policy': PAGE_POLICY });
}

/** `GET /docs/{file}`: what the page is made of. */
export function getDocsFile(): Route {
  return (event) => {
    const { file } = validate(docsFileSchema, event.pathParameters ?? {}, 'path');
    return staticFile(`files/${file}`, event, IMMUTABLE);
  };
}
