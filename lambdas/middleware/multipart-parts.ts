import { InvalidRequestError } from '../job/errors.ts';
import { HttpError } from './problem.ts';

/** One part of a form, as it was sent. */
export interface Part {
  readonly name: string;
  /** The media type alone, in lower case; `text/plain` where the part names none. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** A submission has eleven fields; whoever sends more parts than this means something else. */
const MAX_PARTS = 32;

/**
 * Takes a multipart/form-data body apart.
 *
 * @throws HttpError 400 for a body that is no such form, or ends before its form does
 * @throws InvalidRequestError for a form of too many parts
 */
export async function readParts(body: Buffer, contentType: string): Promise<Part[]> {
  // Loaded with the first form: most submissions are JSON.
  const {
    default: { Busboy },
  } = await import('@fastify/busboy');
  const parts: Part[] = [];
  let parser: InstanceType<typeof Busboy>;
  try {
    // Every part is taken as a file: a file's bytes come as they are, and a text that is no UTF-8 can be refused.
    parser = new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: MAX_PARTS },
      isPartAFile: () => true,
    });
  } catch {
    throw malformed('The content type multipart/form-data has no boundary.', {
      field: 'headers.content-type',
      message: 'must name the boundary: multipart/form-data; boundary=…',
    });
  }
  await new Promise<void>((resolve, reject) => {
    const refuse = (): void => {
      reject(malformed('The body is not a whole multipart/form-data form.'));
    };
    parser.on('file', (name: string | undefined, stream, _fileName, _encoding, partType) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', refuse);
      stream.once('end', () => {
        if (name === undefined) refuse();
        else parts.push({ name, contentType: partType, bytes: Buffer.concat(chunks) });
      });
    });
    parser.once('partsLimit', () => {
      const message = `must have at most ${MAX_PARTS} fields`;
      reject(new InvalidRequestError('body', [{ field: 'body', message }]));
    });
    parser.on('error', refuse);
    parser.once('finish', resolve);
    parser.end(body);
  });
  return parts;
}

function malformed(
  detail: string,
  error = { field: 'body', message: 'must be a multipart/form-data form that ends with its boundary' },
): HttpError {
  return new HttpError(400, 'malformed-body', detail, { errors: [error] });
}
