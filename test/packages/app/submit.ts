import { createErrand } from 'errand-client';

// Submits one of this project's jobs with the typed client, and prints the outcome. The client reads the URL and the key from the environment.

const errand = createErrand<typeof import('./jobs/index.ts')>();
const run = await errand.submit('thumbnail', { photo: 'cat.png', width: 16 }, { objectId: 'cat.png' });
const { width, announcement, url } = await run.result();
const image = await fetch(url);
const { result } = await errand.wait(announcement);
process.stdout.write(JSON.stringify({ width, type: image.headers.get('content-type'), result }));
