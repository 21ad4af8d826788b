/* Bundled in place of `node:dns/promises`; see http.ts. */
import type * as Dns from 'node:dns/promises';

/** Loads Node's resolver on the first call, because few functions resolve names themselves. */
export const lookup = ((...args: Parameters<typeof Dns.lookup>) =>
  process.getBuiltinModule('node:dns/promises').lookup(...args)) as typeof Dns.lookup;
