import { job } from 'errand/jobs';
import * as z from 'zod';

export const resize = job('resize', { payload: z.object({}), run: () => null });

function connect(): never {
  throw new Error('no database at import');
}

connect();
