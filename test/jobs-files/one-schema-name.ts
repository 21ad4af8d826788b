import { job } from 'errand/jobs';
import * as z from 'zod';

const options = { payload: z.object({}), run: () => null };

export const dashed = job('a-b', options);
export const underscored = job('a_b', options);
export const scheduled = job('scheduled', options);
