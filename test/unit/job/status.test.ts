import { describe, expect, it } from '@jest/globals';
import {
  isTerminal,
  JOB_EVENTS,
  JOB_STATUSES,
  statesThatAllow,
  TRANSITIONS,
  type JobEvent,
  type JobStatus,
} from '../../../lambdas/job/status.ts';

const TERMINAL = JOB_STATUSES.filter(isTerminal);
const OPEN = JOB_STATUSES.filter((status) => !isTerminal(status));

/** All transitions of the life cycle. */
const arrows = JOB_EVENTS.flatMap((event) =>
  JOB_STATUSES.flatMap((from) => {
    const to = TRANSITIONS[event][from];
    return to ? [{ event, from, to }] : [];
  }),
);

/** Returns the states that the given events can reach from a state, including the state itself. */
function reachable(from: JobStatus, events: readonly JobEvent[] = JOB_EVENTS): Set<JobStatus> {
  const found = new Set<JobStatus>([from]);
  // The loop also visits elements that are added to the set during the iteration.
  for (const status of found) {
    for (const arrow of arrows) {
      if (arrow.from === status && events.includes(arrow.event)) found.add(arrow.to);
    }
  }
  return found;
}

describe('the life cycle', () => {
  it('has the five states of the design, three of them terminal', () => {
    expect(JOB_STATUSES).toEqual(['created', 'running', 'success', 'failed', 'canceled']);
    expect(JOB_STATUSES.filter(isTerminal)).toEqual(['success', 'failed', 'canceled']);
  });

  it('has exactly these arrows', () => {
    expect(arrows.map(({ event, from, to }) => `${from} ─${event}→ ${to}`)).toEqual([
      'created ─claim→ running',
      'running ─reclaim→ running',
      'running ─succeed→ success',
      'running ─fail→ failed',
      'running ─retry_later→ created',
      'running ─suspend→ created',
      'created ─expire→ failed',
      'created ─hold→ created',
      'running ─hold→ created',
      'running ─lose→ failed',
      'created ─lose_queue→ failed',
      'running ─lose_queue→ failed',
      'created ─cancel→ canceled',
      'running ─notice_cancel→ canceled',
      'failed ─resubmit→ created',
      'canceled ─resubmit→ created',
    ]);
  });

  it.each(TERMINAL)('lets a job leave %s only through a resubmission, if at all', (status) => {
    const leaving = arrows.filter(({ from }) => from === status).map(({ event }) => event);
    expect(leaving.filter((event) => event !== 'resubmit')).toEqual([]);
  });

  it('never lets a job leave success', () => {
    expect(reachable('success')).toEqual(new Set(['success']));
  });

  it.each(OPEN)('leads from %s to every terminal state', (status) => {
    expect([...reachable(status)]).toEqual(expect.arrayContaining(TERMINAL));
  });

  it.each(OPEN)('can end a job in %s without any client, even if every worker dies', (status) => {
    expect([...reachable(status, ['claim', 'reclaim', 'lose'])].some(isTerminal)).toBe(true);
  });

  it('starts every job at created, from where every state can be reached', () => {
    expect(reachable('created')).toEqual(new Set(JOB_STATUSES));
  });

  it('lets a job run only through a claim', () => {
    const intoRunning = arrows.filter(({ to }) => to === 'running').map(({ event }) => event);
    expect(intoRunning).toEqual(['claim', 'reclaim']);
  });

  it('has an event for every arrow, and an arrow for every event', () => {
    for (const event of JOB_EVENTS) expect(statesThatAllow(event).length).toBeGreaterThan(0);
    expect(Object.keys(TRANSITIONS)).toEqual([...JOB_EVENTS]);
  });

  it('lists exactly the states that allow an event', () => {
    expect(statesThatAllow('resubmit')).toEqual(['failed', 'canceled']);
    for (const event of JOB_EVENTS) {
      const listed = JOB_STATUSES.filter((status) => status in TRANSITIONS[event]);
      expect(statesThatAllow(event)).toEqual(listed);
    }
  });
});
