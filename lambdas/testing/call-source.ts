import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Matches the location in a stack frame such as `at pay (file:///app/jobs/pay.ts:12:20)` or `at /app/jobs/pay.ts:12:20`. */
const PLACE = /^at (?:.*\(|async )?([^()]+:\d+:\d+)\)?$/;

const NOT_THE_USERS = /node:|[\\/]node_modules[\\/]/;

/**
 * Returns the location at which the user's code called a function, relative to the working directory, such as
 * `jobs/pay.ts:12:20`.
 */
export function callerOf(callee: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const places = (holder.stack ?? '').split('\n').flatMap((frame) => PLACE.exec(frame.trim())?.[1] ?? []);
  const place = places.find((each) => !NOT_THE_USERS.test(each)) ?? places[0];
  return place === undefined ? 'an unknown place' : fromWorkingDirectory(place);
}

function fromWorkingDirectory(place: string): string {
  const [, file = place, position = ''] = /^(.*?)(:\d+:\d+)$/.exec(place) ?? [];
  const absolute = file.startsWith('file:') ? fileURLToPath(file) : file;
  const relative = path.relative(process.cwd(), absolute);
  return (relative.startsWith('..') ? absolute : relative) + position;
}
