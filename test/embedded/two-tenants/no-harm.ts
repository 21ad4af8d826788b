import { expect } from '@jest/globals';
import { idsIn, stateOf } from './state-of.ts';
import type { Tenant } from './tenant.ts';
import { CANARY, type World } from './world.ts';

/**
 * Runs an attack as a new tenant. Checks that the attack does not affect the victim or the victim's receiver, and reveals nothing about the victim.
 * @returns the new tenant
 */
export async function expectNoHarm(
  world: World,
  attack: (attacker: Tenant) => Promise<void>,
): Promise<Tenant> {
  const { cloud, victim, open } = world;
  const attacker = await world.newTenant();
  const [before, received, sent] = [
    await stateOf(cloud, victim.name),
    victim.receiver.received.length,
    open.received.length,
  ];
  await attack(attacker);

  expect(await stateOf(cloud, victim.name)).toEqual(before);
  expect(victim.receiver.received.slice(received).map(({ path }) => path)).toEqual([]);
  const learned = [
    ...attacker.traffic.got,
    JSON.stringify(await stateOf(cloud, attacker.name)),
    ...open.received.slice(sent).map(({ headers, body }) => JSON.stringify(headers) + body.toString()),
  ].join('\n');
  const said = attacker.traffic.sent.join('\n');
  const secrets = [...victim.secrets, ...secretsIn(JSON.stringify(before))];
  expect(secrets.filter((secret) => learned.includes(secret) && !said.includes(secret))).toEqual([]);
  return attacker;
}

function secretsIn(text: string): string[] {
  return [...idsIn(text), ...new Set(text.match(new RegExp(`${CANARY}\\w+`, 'g')))];
}
