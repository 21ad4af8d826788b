import { job } from 'errand/jobs';
import * as z from 'zod';

export const bulk = job('bulk', { payload: z.object({}), run: () => null });
