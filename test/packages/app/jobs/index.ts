import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { job } from 'errand/jobs';
import sharp from 'sharp';
import * as v from 'valibot';
import * as z from 'zod';

const photos = { Bucket: process.env.PHOTOS_BUCKET };
const s3 = new S3Client({ forcePathStyle: true });

/** A job with its own queue, a native package, its own environment variables, and a grant on the project's bucket. */
export const thumbnail = job('thumbnail', {
  payload: z.object({ photo: z.string(), width: z.int().min(1).max(4000).default(32) }),
  queue: 'images',
  async run({ photo, width }, { files, submit }) {
    const { Body } = await s3.send(new GetObjectCommand({ ...photos, Key: photo }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const small = await sharp(bytes).resize(width).png().toBuffer();
    await s3.send(new PutObjectCommand({ ...photos, Key: `${photo}-${width}.png`, Body: small }));
    const { jobId } = await submit('announce', { text: `${photo} is ${width} wide` });
    return { width, announcement: jobId, ...(await files.write(small, { contentType: 'image/png' })) };
  },
});

/** A job in the default queue. */
export const announce = job('announce', {
  payload: toStandardJsonSchema(v.object({ text: v.pipe(v.string(), v.minLength(1)) })),
  run: ({ text }) => ({ announced: text.toUpperCase() }),
});
