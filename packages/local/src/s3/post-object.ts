import { answerEmpty, answerXml } from './answer.ts';
import { checkKeyLength } from './address.ts';
import { expectationsOf } from './checksums.ts';
import { keptOf } from './described-object.ts';
import { readForm } from './form.ts';
import type { Call, Context } from './operation.ts';
import { checkContentLength, checkPolicy } from './post-policy.ts';
import { checkHeaders, DESCRIPTION_HEADERS } from './request-headers.ts';
import { noSuchBucket, notImplemented, S3Error } from './s3-error.ts';
import { receive } from './receive.ts';

/** The supported form fields that describe the object, or belong to the signature. */
const KNOWN_FIELDS = [...DESCRIPTION_HEADERS, 'x-amz-algorithm', 'x-amz-credential', 'x-amz-signature'];

const UNKNOWN_FIELDS = /^(tagging|acl|redirect|success_action_redirect)$/;

/** Implements POST Object, which receives a browser's upload form. Streams the file to disk, and enforces the size limits of the form's policy. */
export async function postObject({ request, response, address }: Call, context: Context): Promise<void> {
  const { bucket } = address;
  const { store, now, secretAccessKey, denial } = context;
  const form = await readForm(request);
  try {
    const { fields, file: source } = form;
    const ranges = checkPolicy(fields, { bucket, secretAccessKey, now: now() });
    const key = (fields.get('key') ?? '').replaceAll('${filename}', form.fileName);
    checkKeyLength(key);
    const [signer = ''] = (fields.get('x-amz-credential') ?? '').split('/');
    const denied = denial(signer, 's3:PutObject', bucket, key);
    if (denied !== undefined) throw new S3Error(403, 'AccessDenied', denied);
    const names = [...fields.keys()];
    checkFields(names);
    const headers = keptOf(names, (name) => fields.get(name), 'utf8');
    const { file, path } = store.newFile();
    const { bytes, md5, checksums } = await receive(source, {
      path,
      expectations: expectationsOf(names, (name) => fields.get(name)),
      checkSize: (size, isWhole) => {
        checkContentLength(size, ranges, isWhole);
      },
    });
    const etag = `"${md5}"`;
    try {
      // The bucket may have been deleted while the file was being received.
      if (!store.hasBucket(bucket)) throw noSuchBucket(bucket);
      await store.put(bucket, { key, file, bytes, etag, headers, checksums, modifiedAt: now() });
    } catch (error) {
      await store.discard(file);
      throw error;
    }

    const location = `http://${request.headers.host ?? ''}/${bucket}/${encodeURI(key)}`;
    const status = fields.get('success_action_status');
    if (status === '201') {
      const document = { Location: location, Bucket: bucket, Key: key, ETag: etag };
      answerXml(response, 201, 'PostResponse', document, { etag, location });
    } else {
      answerEmpty(response, status === '200' ? 200 : 204, { etag, location });
    }
  } finally {
    form.end();
  }
}

/** @throws S3Error NotImplemented for fields that the embedded S3 would otherwise ignore */
function checkFields(names: readonly string[]): void {
  checkHeaders(names, KNOWN_FIELDS);
  const unknown = names.find((name) => UNKNOWN_FIELDS.test(name));
  if (unknown !== undefined) throw notImplemented(`the field ${unknown} of an upload form`);
}
