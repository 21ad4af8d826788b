import path from 'node:path';
import { writeGenerated } from '../generated-file.ts';
import { metricsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/metrics.md.

await writeGenerated(path.resolve(import.meta.dirname, '../../docs/reference/metrics.md'), metricsPage());
