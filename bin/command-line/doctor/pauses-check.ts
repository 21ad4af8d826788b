import { dataOf, type Errand, type Schema } from 'errand-client';
import { messageOf, ok, warning, type CheckResult } from './check.ts';

/** Lists a deployed service's paused queues and job types. A pause survives deploys and raises no alarm. */
export async function checkPauses({ http }: Pick<Errand, 'http'>): Promise<CheckResult> {
  const name = 'pauses';
  try {
    const pauses = pausesOf(dataOf(await http.GET('/v1/queues')));
    if (pauses.length === 0) return { name, ...ok('no queue and no job type is paused') };
    return { name, ...warning(`${pauses.join('; ')}. A deploy does not end a pause`) };
  } catch (failure) {
    const advice = 'check ERRAND_URL and ERRAND_API_KEY; the key needs the read scope';
    return { name, ...warning(`could not read the pauses: ${messageOf(failure)}: ${advice}`) };
  }
}

function pausesOf({ items, paused_types: types }: Schema<'QueueList'>): string[] {
  return [
    ...items.flatMap(({ queue, paused_at: at, paused_by: by }) =>
      at === null ? [] : [sentence(`the ${queue} queue`, at, by, `errand resume ${queue}`)],
    ),
    ...types.map(({ type, paused_at: at, paused_by: by }) =>
      sentence(`the ${type} job type`, at, by, `errand resume --type ${type}`),
    ),
  ];
}

function sentence(what: string, since: string, by: string | null, command: string): string {
  return `${what} has been paused since ${since}${by === null ? '' : ` by ${by}`}: its jobs start after ${command}`;
}
