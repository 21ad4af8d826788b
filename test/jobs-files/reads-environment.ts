import { job } from 'errand/jobs';
import * as z from 'zod';

const photos = new URL(`https://${process.env.PHOTOS_BUCKET ?? '?'}.s3.amazonaws.com`);
process.stdout.write(`The photos are at ${photos.href}\n`);
// Like an open connection pool, the timer keeps the process alive.
setInterval(() => undefined, 1_000);

export const resize = job('resize', { payload: z.object({}), run: () => photos.href });
