import { job } from 'errand/jobs';
import * as z from 'zod';

export const sleep = job('sleep', { payload: z.object({}), run: () => null });
export const webhook = job('webhook', { payload: z.object({}), run: () => null });
