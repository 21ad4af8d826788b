import { job } from 'errand/jobs';
import * as z from 'zod';

export const resize = job('resize', { payload: z.object({}), run: () => null });
export const shrink = job('resize', { payload: z.object({}), run: () => null });
export { resize as alias };
