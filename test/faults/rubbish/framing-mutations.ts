import type { Draft, Mutation } from './draft.ts';

const LENGTH = 'content-length';
const CHUNKED = ['transfer-encoding', 'chunked'] as const;

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

const END = Buffer.from('0\r\n\r\n');

const lieAboutLength: Mutation = (draft, pick) => {
  const kind = pick.from('longer', 'shorter', 'negative', 'none', 'two', 'words', 'huge', 'both');
  const lengthsOf = (length: number): Readonly<Record<typeof kind, [string, string][]>> => ({
    longer: [[LENGTH, String(length + 7)]],
    shorter: [[LENGTH, String(Math.floor(length / 2))]],
    negative: [[LENGTH, '-1']],
    none: [],
    two: [
      [LENGTH, String(length)],
      [LENGTH, String(length + 1)],
    ],
    words: [[LENGTH, '0x10']],
    huge: [[LENGTH, '99999999999999999999']],
    both: [[LENGTH, String(length)], [...CHUNKED]],
  });
  draft.wire = (body) => [body];
  draft.framing = (length) => lengthsOf(length)[kind];
  draft.isUnfinished = kind === 'longer';
  return `a length: ${kind}`;
};

const inChunks: Mutation = (draft, pick) => {
  const kind = pick.from('good', 'bytes', 'endless', 'not hex', 'too short', 'huge', 'trailer');
  draft.framing = () => [[...CHUNKED]];
  draft.isUnfinished = kind === 'endless' || kind === 'huge';
  draft.wire = (body) => {
    switch (kind) {
      case 'good':
        return [Buffer.concat([chunk(body), END])];
      case 'bytes':
        return [
          ...Array.from(body.subarray(0, 20), (byte) => chunk(Buffer.of(byte))),
          Buffer.concat([chunk(body.subarray(20)), END]),
        ];
      case 'endless':
        return [chunk(body)];
      case 'not hex':
        return [Buffer.from('zz\r\n')];
      case 'too short':
        return [Buffer.concat([Buffer.from('1\r\n'), body, Buffer.from('\r\n'), END])];
      case 'huge':
        return [Buffer.from('fffffff\r\nx')];
      case 'trailer':
        return [
          Buffer.concat([chunk(body), Buffer.from('0\r\nx-amz-checksum-crc32: AAAA\r\nhost: x\r\n\r\n')]),
        ];
    }
  };
  return `chunks: ${kind}`;
};

/** Undoes an earlier mutation of the framing. */
function withTrueLength(draft: Draft): void {
  draft.framing = undefined;
  draft.isUnfinished = false;
}

const slowly: Mutation = (draft, pick) => {
  const pieces = pick.between(2, 6);
  withTrueLength(draft);
  draft.wire = (body) => {
    const size = Math.max(1, Math.ceil(body.length / pieces));
    return Array.from({ length: pieces }, (_, index) => body.subarray(index * size, (index + 1) * size));
  };
  return `in ${pieces} pieces`;
};

const pipeline: Mutation = (draft, pick) => {
  withTrueLength(draft);
  const garbage = pick.from(
    ...[
      '\0\0\0\0',
      'GET',
      'GET // HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'PUT / HTTP/9.9\r\n\r\n',
      '\r\n'.repeat(50),
      '\x16\x03\x01',
    ],
  );
  draft.wire = (body) => [Buffer.concat([body, Buffer.from(garbage, 'latin1')])];
  return `${JSON.stringify(garbage.slice(0, 20))} behind it`;
};

/** Encodes the body as `aws-chunked`, the SDKs' own encoding. */
const awsChunked: Mutation = (draft, pick) => {
  const body = pick.from(
    ...[
      '5\r\nhello\r\n0\r\n\r\n',
      '5;x=y\r\nhello\r\n0\r\n',
      'zz\r\n',
      'ffffffffffffffff\r\nx',
      '5\r\nhelloworld\r\n0\r\n\r\n',
    ],
    ...['0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n', '5\r\nhello\r\n0\r\nx\r\n\r\n', 'f'.repeat(70_000), ''],
  );
  draft.body = Buffer.from(body);
  draft.headers.push(
    ['x-amz-content-sha256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'],
    ['content-encoding', 'aws-chunked'],
    ['x-amz-decoded-content-length', pick.from('5', '-1', 'x', '99999999999999999999')],
    ['x-amz-trailer', pick.from('x-amz-checksum-crc32', 'x', '')],
  );
  return `aws-chunked ${JSON.stringify(body.slice(0, 30))}`;
};

/** Builds an upload form, with or without a signature. */
const form: Mutation = (draft, pick) => {
  const part = (name: string, value: string, more = '') =>
    `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part('file', 'x', '; filename="a\xff"');
  const policy = Buffer.from(
    pick.from('{}', '{', 'null', '[]', '{"conditions":[null]}', '{"expiration":1,"conditions":{}}'),
  ).toString('base64');
  const fields = [
    part('key', pick.from('a', '', '\0', 'x'.repeat(2000), '${filename}')),
    part('policy', pick.from(policy, '', '%', '\xff')),
    part('x-amz-credential', pick.from('a/20260101/us-east-1/s3/aws4_request', 'x', '')),
    part('x-amz-signature', '0'),
    part('x-amz-meta-a', pick.from('a', '\r\n', '\xff', '\0')),
    part('__proto__', 'x'),
  ];
  const text = pick.from(...[[...fields, file], fields, [file], [...fields, file, file], []]).join('');
  draft.method = 'POST';
  draft.target = '/scratch';
  draft.headers = [
    ['host', 'localhost'],
    [
      'content-type',
      pick.from(
        'multipart/form-data; boundary=B',
        'multipart/form-data; boundary=',
        'multipart/form-data; boundary=C',
      ),
    ],
  ];
  draft.body = Buffer.from(text + pick.from('--B--\r\n', '', '--B'), 'latin1');
  return 'an upload form';
};

/** Mutations of a request's framing and packets. */
export const HTTP_MUTATIONS: readonly Mutation[] = [lieAboutLength, inChunks, inChunks, slowly, pipeline];

/** The framing mutations for AWS services, including S3's own body encodings. */
export const FRAMING_MUTATIONS: readonly Mutation[] = [...HTTP_MUTATIONS, awsChunked, form];
