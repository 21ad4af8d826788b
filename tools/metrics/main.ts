import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { metricsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/metrics.md.

const filepath = path.resolve(import.meta.dirname, '../../docs/reference/metrics.md');
writeFileSync(filepath, await format(metricsPage(), { ...(await resolveConfig(filepath)), filepath }));
