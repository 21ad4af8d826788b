import { evaluateAlarm, type Alarm, type CompositeAlarm, type MetricAlarm } from './alarm.ts';
import type { StateOf } from './composite-rule.ts';
import { isBreaching, type AlarmState } from './judge.ts';
import { minuteOf, type MetricStore } from './metric-store.ts';
import type { Series } from './series.ts';

/** An alarm and its state. */
export interface WatchedAlarm {
  readonly alarm: Alarm;
  readonly state: AlarmState;
  readonly reason: string;
  /** The reason data as JSON, as returned by DescribeAlarms. */
  readonly reasonData: string | undefined;
  /** When the state last changed, in milliseconds since the epoch. */
  readonly since: number;
  readonly configuredAt: number;
}

/** An event in an alarm's history. */
export interface AlarmEvent {
  readonly time: number;
  readonly alarm: Alarm;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action';
  readonly summary: string;
  /** The history data, as JSON. */
  readonly data: string;
}

export interface StateChange {
  readonly alarm: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly description: string | undefined;
  readonly time: number;
}

export interface Alarms {
  /** Replaces the alarms. Alarms that already existed keep their state. */
  set(alarms: readonly Alarm[]): void;
  list(): readonly WatchedAlarm[];
  /** @returns whether the alarm exists */
  setState(name: string, state: AlarmState, reason: string, reasonData: string | undefined): boolean;
  /** Evaluates all alarms as of `now`. @returns the state changes */
  evaluate(now: number): StateChange[];
  /** The alarm history, newest last. */
  history(): readonly AlarmEvent[];
}

/** The maximum number of events kept across all alarms. When this number is reached, each new event replaces the oldest event. */
const KEPT_EVENTS = 1_000;

export interface AlarmsOptions {
  readonly store: MetricStore;
  readonly now: () => number;
  /** Called with one line for each transition into or out of ALARM. */
  readonly log: (line: string) => void;
}

export function createAlarms({ store, now, log }: AlarmsOptions): Alarms {
  const watched = new Map<string, WatchedAlarm>();
  const events: AlarmEvent[] = [];
  const stateOf: StateOf = (nameOrArn) =>
    [...watched.values()].find(({ alarm }) => [alarm.name, alarm.arn].includes(nameOrArn))?.state;

  function remember(event: AlarmEvent): void {
    events.push(event);
    if (events.length > KEPT_EVENTS) events.shift();
  }

  function change(
    before: WatchedAlarm,
    to: AlarmState,
    { reason, reasonData, time }: { reason: string; reasonData: string | undefined; time: number },
  ): StateChange {
    const { alarm, state: from } = before;
    const { name, description } = alarm;
    watched.set(name, { ...before, state: to, reason, reasonData, since: time });
    remember({
      time,
      alarm,
      type: 'StateUpdate',
      summary: `Alarm updated from ${from} to ${to}`,
      data: JSON.stringify({
        version: '1.0',
        oldState: { stateValue: from },
        newState: { stateValue: to, stateReason: reason },
      }),
    });
    for (const action of alarm.actionsEnabled ? alarm.actions[to] : []) {
      remember({
        time,
        alarm,
        type: 'Action',
        summary: `Recorded action ${action}, which the embedded cloud does not execute`,
        data: JSON.stringify({
          actionState: 'Recorded',
          notificationResource: action,
          stateUpdateTimestamp: time,
        }),
      });
    }
    if (to === 'ALARM' || from === 'ALARM') {
      log(
        `CloudWatch: the alarm ${name} is ${to}. ${reason}${to === 'ALARM' && description ? ` ${description}` : ''}`,
      );
    }
    return { alarm: name, from, to, reason, description, time };
  }

  function evaluateMetricAlarm(alarm: MetricAlarm, time: number): StateChange[] {
    const before = watched.get(alarm.name);
    const { state, datapoints } = evaluateAlarm(alarm, store, minuteOf(time));
    if (!before || state === undefined || state === before.state) return [];
    const reason = reasonOf(alarm, state, datapoints);
    return [change(before, state, { reason, reasonData: reasonDataOf(alarm, datapoints, time), time })];
  }

  function evaluateComposite(alarm: CompositeAlarm, time: number): StateChange[] {
    const before = watched.get(alarm.name);
    const state = alarm.rule.holds(stateOf) ? 'ALARM' : 'OK';
    if (!before || state === before.state) return [];
    const reason = `The rule ${alarm.ruleText} ${state === 'ALARM' ? 'holds' : 'does not hold'}.`;
    return [change(before, state, { reason, reasonData: undefined, time })];
  }

  return {
    set(alarms) {
      const names = new Set(alarms.map(({ name }) => name));
      for (const name of watched.keys()) if (!names.has(name)) watched.delete(name);
      for (const alarm of alarms) {
        const time = now();
        const before = watched.get(alarm.name) ?? {
          state: 'INSUFFICIENT_DATA',
          reason: 'Unchecked: Initial alarm creation',
          reasonData: undefined,
          since: time,
        };
        const verb = watched.has(alarm.name) ? 'updated' : 'created';
        watched.set(alarm.name, { ...before, alarm, configuredAt: time });
        const summary = `Alarm "${alarm.name}" ${verb}`;
        remember({
          time,
          alarm,
          type: 'ConfigurationUpdate',
          summary,
          data: JSON.stringify({ version: '1.0' }),
        });
      }
    },
    list: () => [...watched.values()].sort((a, b) => (a.alarm.name < b.alarm.name ? -1 : 1)),
    setState(name, state, reason, reasonData) {
      const before = watched.get(name);
      if (before && before.state !== state) change(before, state, { reason, reasonData, time: now() });
      else if (before) watched.set(name, { ...before, reason, reasonData });
      return before !== undefined;
    },
    evaluate(time) {
      const alarms = [...watched.values()].map(({ alarm }) => alarm);
      const changes = alarms.flatMap((alarm) =>
        alarm.kind === 'metric' ? evaluateMetricAlarm(alarm, time) : [],
      );
      // Composite alarms may refer to each other in any order, so the states are determined in rounds. Each round determines at least one
      // more state.
      const composites = alarms.filter((alarm) => alarm.kind === 'composite');
      for (let rounds = composites.length; rounds > 0; rounds -= 1) {
        const further = composites.flatMap((alarm) => evaluateComposite(alarm, time));
        if (further.length === 0) break;
        changes.push(...further);
      }
      return changes;
    },
    history: () => events,
  };
}

/** Returns the reason for a state, such as `Threshold crossed: 2 of the last 3 data points (7, 9, no data) are > 5.` */
function reasonOf({ rule }: MetricAlarm, state: AlarmState, datapoints: Series): string {
  const { evaluationPeriods, threshold, comparison } = rule;
  const last = datapoints.slice(-evaluationPeriods);
  const shown = last.map((value) => (value === undefined ? 'no data' : shortNumber(value))).join(', ');
  if (state === 'INSUFFICIENT_DATA') return `Insufficient data: ${shown} in the last ${last.length} periods.`;
  const breaching = datapoints.filter((value) => value !== undefined && isBreaching(rule, value)).length;
  const verdict = state === 'ALARM' ? 'Threshold crossed' : 'Threshold not crossed';
  const condition = `${COMPARISON_SIGNS[comparison]} ${shortNumber(threshold)}`;
  return `${verdict}: ${breaching} of the last ${datapoints.length} data points are ${condition}; the last ${last.length}: ${shown}.`;
}

const COMPARISON_SIGNS = {
  GreaterThanOrEqualToThreshold: '>=',
  GreaterThanThreshold: '>',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
} as const;

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function reasonDataOf({ rule, period }: MetricAlarm, datapoints: Series, time: number): string {
  const recentDatapoints = datapoints.filter((value) => value !== undefined).slice(-rule.evaluationPeriods);
  return JSON.stringify({
    version: '1.0',
    queryDate: new Date(time).toISOString(),
    period,
    recentDatapoints,
    threshold: rule.threshold,
  });
}
