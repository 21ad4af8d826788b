import { describe, expect, it } from '@jest/globals';
import { startRule, type RuleClock, type RuleProps } from '../../src/events/rule.ts';
import { periodOf } from '../../src/events/schedule-expression.ts';

/** A clock that the test advances. */
class FakeClock implements RuleClock {
  period: number | undefined;
  #tick: (() => void) | undefined;

  now(): Date {
    return new Date('2026-11-22T01:02:03.456Z');
  }

  every(milliseconds: number, tick: () => void): () => void {
    this.period = milliseconds;
    this.#tick = tick;
    return () => {
      this.#tick = undefined;
    };
  }

  pass(): void {
    this.#tick?.();
  }
}

function rule(props: Partial<RuleProps> = {}) {
  const clock = new FakeClock();
  const invoked: { functionName: string; event: unknown }[] = [];
  const logged: string[] = [];
  const started = startRule({
    ruleArn: 'arn:aws:events:eu-west-1:123456789012:rule/sweep',
    schedule: 'rate(1 minute)',
    targets: [{ functionName: 'sweeper' }],
    lambda: {
      invokeAsync(functionName, event) {
        invoked.push({ functionName, event: JSON.parse(event) as unknown });
      },
    },
    log: (line) => logged.push(line),
    clock,
    ...props,
  });
  return { clock, invoked, logged, started };
}

describe('a rule', () => {
  it('invokes its target with a scheduled event each time its period elapses', () => {
    const { clock, invoked } = rule();
    expect(clock.period).toBe(60_000);
    expect(invoked).toEqual([]);
    clock.pass();
    clock.pass();
    expect(invoked).toHaveLength(2);
    expect(invoked[0]).toEqual({
      functionName: 'sweeper',
      event: {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '123456789012',
        time: '2026-11-22T01:02:03Z',
        region: 'eu-west-1',
        resources: ['arn:aws:events:eu-west-1:123456789012:rule/sweep'],
        detail: {},
      },
    });
  });

  it('passes its constant input to the target', () => {
    const { clock, invoked } = rule({ targets: [{ functionName: 'sweeper', input: '{"all":true}' }] });
    clock.pass();
    expect(invoked).toEqual([{ functionName: 'sweeper', event: { all: true } }]);
  });

  it('invokes only targets that it has permission for', () => {
    const targets = [{ functionName: 'forbidden' }, { functionName: 'allowed' }];
    const { clock, invoked } = rule({ targets, mayInvoke: (name) => name === 'allowed' });
    clock.pass();
    expect(invoked.map(({ functionName }) => functionName)).toEqual(['allowed']);
  });

  it('reports a target that cannot be invoked, and continues', () => {
    const lambda = {
      invokeAsync() {
        throw new Error('Function not found');
      },
    };
    const { clock, logged } = rule({ lambda });
    clock.pass();
    clock.pass();
    expect(logged).toHaveLength(2);
    expect(logged[0]).toContain('could not invoke sweeper: Error: Function not found');
  });

  it('invokes nothing after it is stopped', async () => {
    const { clock, invoked, started } = rule();
    await started.end();
    clock.pass();
    expect(invoked).toEqual([]);
  });
});

describe('a schedule', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(1 hour)', 3_600_000],
    ['rate(24 hours)', 86_400_000],
    ['rate(1 day)', 86_400_000],
    ['rate(24 days)', 2_073_600_000],
  ])('%s has a period of %d ms', (expression, milliseconds) => {
    expect(periodOf(expression)).toBe(milliseconds);
  });

  it.each([
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(0 minutes)',
    'rate(1 second)',
    'rate(1.5 hours)',
    '',
    'hourly',
  ])('%j is refused with AWS’s error', (expression) => {
    expect(() => periodOf(expression)).toThrow('Parameter ScheduleExpression is not valid');
  });

  it.each(['cron(0 10 * * ? *)', 'rate(25 days)'])(
    '%s is refused because it is not emulated',
    (expression) => {
      expect(() => periodOf(expression)).toThrow(/the embedded EventBridge has no/);
    },
  );
});
