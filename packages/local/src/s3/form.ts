import { Busboy } from '@fastify/busboy';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { invalidArgument, S3Error } from './s3-error.ts';

/** An upload form, parsed up to the file field. */
export interface Form {
  /** The fields before the file, with names in lower case. S3 ignores fields after the file. */
  readonly fields: ReadonlyMap<string, string>;
  /** The file's name on the sender's machine. */
  readonly fileName: string;
  /** The file's bytes. Fails if the form ends early, or the sender disconnects. */
  readonly file: AsyncIterable<Buffer>;
  /** Stops reading. Further data is discarded, so that the request can get a response. */
  end(): void;
}

/** S3's limit on the total size of the fields before the file, in bytes. */
const MAX_FIELD_BYTES = 20_480;
const MAX_FIELDS = 200;

/**
 * Parses a browser's upload form up to the file field.
 * @throws S3Error if the body is not an upload form
 */
export function readForm(request: IncomingMessage): Promise<Form> {
  const { 'content-type': contentType = '' } = request.headers;
  const fields = new Map<string, string>();
  let fieldBytes = 0;

  return new Promise((resolve, reject) => {
    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: MAX_FIELD_BYTES + 1, fields: MAX_FIELDS, files: 1 },
        isPartAFile: (name) => name?.toLowerCase() === 'file',
        fileHwm: 256 * 1024,
      });
    } catch {
      reject(notMultipart());
      return;
    }
    let file: Readable | undefined;
    const fail = (error: Error): void => {
      request.unpipe(parser).resume();
      reject(error);
      file?.destroy(error);
    };
    parser.on('field', (name: string | undefined, value) => {
      if (name === undefined) {
        fail(malformed());
        return;
      }
      fieldBytes += name.length + Buffer.byteLength(value);
      if (fieldBytes > MAX_FIELD_BYTES) fail(tooMuchBeforeFile());
      if (!file) fields.set(name.toLowerCase(), value);
    });
    parser.on('fieldsLimit', () => {
      fail(tooMuchBeforeFile());
    });
    parser.on('file', (_name, stream, fileName: string | undefined) => {
      file = stream;
      // Without a listener for the stream's errors, the stream would not report its end either.
      stream.on('error', () => undefined);
      const end = (): void => {
        request.unpipe(parser).resume();
        stream.destroy();
      };
      resolve({ fields, fileName: fileName ?? '', file: bytesOf(stream), end });
    });
    parser.on('error', () => {
      fail(malformed());
    });
    parser.on('finish', () => {
      if (!file) {
        fail(invalidArgument('POST requires exactly one file upload per request.', 'file', fields.size));
      }
    });
    request.once('error', fail);
    request.pipe(parser);
  });
}

async function* bytesOf(stream: Readable): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch {
    throw malformed();
  }
}

function notMultipart(): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  );
}

function malformed(): S3Error {
  return new S3Error(
    400,
    'MalformedPOSTRequest',
    'The body of your POST request is not well-formed multipart/form-data.',
  );
}

function tooMuchBeforeFile(): S3Error {
  return new S3Error(
    400,
    'MaxPostPreDataLengthExceeded',
    'Your POST request fields preceeding the upload file was too large.',
    { MaxPostPreDataLengthBytes: MAX_FIELD_BYTES },
  );
}
