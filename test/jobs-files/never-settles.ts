import { job } from 'errand/jobs';
import * as z from 'zod';

await new Promise(() => undefined);

export const resize = job('resize', { payload: z.object({}), run: () => null });
