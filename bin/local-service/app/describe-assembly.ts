import type { AppResource, IsolatedConstruct } from 'errand-local';

/**
 * Matches context lookups for networks. The values of these lookups don't matter on this machine, because VPCs and security groups have no effect
 * here.
 */
const OF_NETWORKS = /^(availability-zones|vpc-provider|security-group|endpoint-service-availability-zones):/;

/** Lists which constructs of an app run and which are left out. Each line names a construct and the type of its main resource. */
export function describeAssembly(
  construct: string,
  { needed, leftOut, missing }: IsolatedConstruct,
): string[] {
  const runs = rows(needed, leftOut);
  const left = rows(leftOut, needed);
  const lookups = missing.filter((key) => !OF_NETWORKS.test(key));
  const width = Math.max(...[...runs, ...left].map(([path]) => path.length), 0);
  const lines = (entries: [string, string][]): string[] =>
    entries.map(([path, types]) => `  ${path.padEnd(width)}  ${types}`);
  return [
    `Running the app's ${construct}${runs.length === 0 ? '.' : ', and these resources outside it:'}`,
    ...lines(runs),
    ...(left.length === 0 ? [] : ['Left out:']),
    ...lines(left),
    ...(lookups.length === 0
      ? []
      : [
          'Not looked up in AWS; the app got placeholder values (run `npx cdk synth` once to store the values):',
        ]),
    ...lookups.map((key) => `  ${key}`),
  ];
}

/**
 * Returns one row per construct. If a construct also has resources in `others`, returns one row for each of its resources.
 */
function rows(resources: readonly AppResource[], others: readonly AppResource[]): [string, string][] {
  const shared = new Set(others.map(({ part }) => part));
  const groups = new Map<string, AppResource[]>();
  for (const resource of resources) {
    const { path, part } = resource;
    const key = shared.has(part) ? path.replace(/\/(Resource|Default)$/, '') : part;
    groups.set(key, [...(groups.get(key) ?? []), resource]);
  }
  return [...groups].map(([path, members]) => [path, typesOf(path, members)]);
}

function typesOf(path: string, members: readonly AppResource[]): string {
  const main = members.find((member) => [path, `${path}/Resource`, `${path}/Default`].includes(member.path));
  const type = (main ?? members[0])?.type ?? '';
  return members.length === 1 ? type : `${type} and ${members.length - 1} more`;
}
