import type { Cloud } from './cloud.ts';

/** A fault rule, in the format described in docs/faults.md. */
export type FaultRule = Readonly<Record<string, unknown>>;

/** Arms fault rules in a cloud that was started with the `faults` option. @returns the rules' ids */
export async function armFaults(cloud: Cloud, ...rules: FaultRule[]): Promise<string[]> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/faults`, {
    method: 'POST',
    body: JSON.stringify(rules),
  });
  const { ids, message } = (await response.json()) as { ids?: string[]; message?: string };
  if (!ids) throw new Error(message);
  return ids;
}

/** Returns the number of times that each rule has fired, by rule id. */
export async function strikesOf(cloud: Cloud): Promise<Map<string, number>> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/faults`);
  const { faults } = (await response.json()) as { faults: { id: string; struck: number }[] };
  return new Map(faults.map(({ id, struck }) => [id, struck]));
}

export async function disarmFault(cloud: Cloud, id: string): Promise<void> {
  await fetch(`${cloud.awsEndpointUrl}/_errand/faults/${id}`, { method: 'DELETE' });
}
