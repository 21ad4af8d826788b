import { createErrand } from 'errand-client';

// Submissions that must not compile. Nothing runs this file.

const errand = createErrand<typeof import('./jobs/index.ts')>();

// @ts-expect-error -- there is no such job
await errand.submit('thumbnial', { photo: 'cat.png' });
// @ts-expect-error -- the width is a number
await errand.submit('thumbnail', { photo: 'cat.png', width: 'small' });
// @ts-expect-error -- the photo is missing
await errand.submit('thumbnail', {});
