import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from '../aws-endpoint/answer.ts';
import type { AdminView } from '../aws-endpoint/aws-endpoint.ts';
import { readBody } from '../http-api/read-body.ts';
import type { StateChange, WatchedAlarm } from './alarms.ts';
import type { CloudWatch } from './cloudwatch.ts';

const MAX_BODY_BYTES = 1024;

/** The longest time by which one call can advance the clock, in seconds: CloudWatch's longest evaluation interval. */
const MAX_SECONDS = 86_400;

/**
 * Creates the `/_errand/alarms` view, for tests and for developers who want to see an alarm immediately.
 * - `GET` responds with `{now, alarms, history}`.
 * - `POST {"seconds": 120}` stops CloudWatch's clock, advances it by that time, evaluates the alarms at each full minute that the clock
 *   passes, and responds with `{now, changes, alarms}`. With 0 seconds, it evaluates the alarms as of the last full minute. Until the next
 *   `POST`, the clock stays stopped, and all new measurements get the clock's time.
 * - `DELETE` restarts the clock from its current time.
 */
export function createAlarmsView(cloudWatch: CloudWatch): AdminView {
  const now = () => new Date(cloudWatch.clock.now()).toISOString();
  const alarms = () => cloudWatch.alarms.list().map(describe);

  async function evaluate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    const seconds = secondsIn(body?.toString() ?? '');
    if (seconds === undefined) {
      answerJson(response, 400, {
        message: `Send {"seconds": N}, with N from 0 to ${MAX_SECONDS}: how far to advance CloudWatch's clock before the alarms are evaluated.`,
      });
      return;
    }
    const changes = cloudWatch.stopIn(seconds * 1000).map(describeChange);
    answerJson(response, 200, { now: now(), changes, alarms: alarms() });
  }

  return (request, response) => {
    if (request.method === 'POST') {
      evaluate(request, response).catch(() => response.destroy());
    } else if (request.method === 'GET') {
      const history = cloudWatch.alarms.history().map(({ time, alarm, type, summary }) => ({
        time: new Date(time).toISOString(),
        alarm: alarm.name,
        type,
        summary,
      }));
      answerJson(response, 200, { now: now(), alarms: alarms(), history });
    } else if (request.method === 'DELETE') {
      cloudWatch.resume();
      answerJson(response, 200, { now: now() });
    } else {
      const message = 'GET, POST and DELETE /_errand/alarms.';
      answerJson(response, 405, { message }, { allow: 'GET, POST, DELETE' });
    }
  };
}

function secondsIn(body: string): number | undefined {
  try {
    const { seconds } = JSON.parse(body) as { seconds?: unknown };
    const isRight = typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_SECONDS;
    return isRight ? seconds : undefined;
  } catch {
    return undefined;
  }
}

function describe({ alarm, state, reason, since }: WatchedAlarm): object {
  const { name, description, actions } = alarm;
  return { name, state, reason, since: new Date(since).toISOString(), description, actions: actions.ALARM };
}

function describeChange({ time, ...change }: StateChange): object {
  return { ...change, time: new Date(time).toISOString() };
}
