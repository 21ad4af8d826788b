import { describe, expect, it } from '@jest/globals';
import { service, startServices, type Service } from '../../src/start-services.ts';

/** Creates a service that records its start and stop. If `isHeld` is set, the start finishes only when the test calls `finish`. */
function createProbe(
  events: string[],
  name: string,
  options: { isHeld?: boolean; isReported?: boolean } = {},
) {
  const { promise: told, resolve: finish, reject: fail } = Promise.withResolvers<string>();
  if (!options.isHeld) finish(`running ${name}`);
  const probe = service({
    name,
    isReported: options.isReported ?? false,
    start() {
      events.push(`begin ${name}`);
      return told;
    },
    stop(running) {
      events.push(`stop ${running}`);
    },
  });
  return {
    probe,
    finish: () => {
      finish(`running ${name}`);
    },
    fail,
  };
}

const failing = (name: string): Service =>
  service({
    name,
    start() {
      throw new Error(`${name} failed`);
    },
    stop() {
      throw new Error(`${name} was stopped`);
    },
  });

describe('services', () => {
  it('start in list order, and stop in reverse order', async () => {
    const events: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => createProbe(events, name).probe) as [
      Service,
      Service,
      Service,
    ];
    const running = await startServices([a, [b], c]);
    expect(events).toEqual(['begin a', 'begin b', 'begin c']);
    events.length = 0;
    await running.stop();
    expect(events).toEqual(['stop running c', 'stop running b', 'stop running a']);
  });

  it('use the results of earlier services', async () => {
    const first = service({ name: 'first', start: () => Promise.resolve(1) });
    const second = service({ name: 'second', start: () => first.running + 1 });
    expect(() => first.running).toThrow('first has not been started.');
    await startServices([first, second]);
    expect(second.running).toBe(2);
  });

  it('in an inner list start in parallel, and the next service waits for all of them', async () => {
    const events: string[] = [];
    const slow = createProbe(events, 'slow', { isHeld: true });
    const fast = createProbe(events, 'fast');
    const last = createProbe(events, 'last');
    const starting = startServices([[slow.probe, fast.probe], last.probe]);
    expect(events).toEqual(['begin slow', 'begin fast']);
    slow.finish();
    await (await starting).stop();
    expect(events.slice(2)).toEqual([
      'begin last',
      'stop running last',
      'stop running fast',
      'stop running slow',
    ]);
  });

  it('report their duration when they have started, if configured', async () => {
    const steps: [string, number][] = [];
    const events: string[] = [];
    await startServices(
      [createProbe(events, 'silent').probe, createProbe(events, 'loud', { isReported: true }).probe],
      (...step) => steps.push(step),
    );
    expect(steps).toEqual([['loud', expect.any(Number)]]);
  });
});

describe('a startup that fails', () => {
  it('starts no further service, and stops the earlier ones in reverse order', async () => {
    const events: string[] = [];
    const probes = ['a', 'b', 'never'].map((name) => createProbe(events, name).probe);
    const [a, b, never] = probes as [Service, Service, Service];
    await expect(startServices([a, b, failing('c'), never])).rejects.toThrow('c failed');
    expect(events).toEqual(['begin a', 'begin b', 'stop running b', 'stop running a']);
  });

  it('in parallel stops the others, even a service that finishes starting later', async () => {
    const events: string[] = [];
    const before = createProbe(events, 'before');
    const early = createProbe(events, 'early');
    const late = createProbe(events, 'late', { isHeld: true });
    const broken = createProbe(events, 'broken', { isHeld: true });
    const starting = startServices([before.probe, [early.probe, broken.probe, late.probe]]);
    const failed = expect(starting).rejects.toThrow('the disk is full');
    broken.fail(new Error('the disk is full'));
    // The slow service is last in the list, so it must be stopped first. No service is stopped before the slow service has started.
    await new Promise(setImmediate);
    expect(events.filter((event) => event.startsWith('stop'))).toEqual([]);
    late.finish();
    await failed;
    expect(events.filter((event) => event.startsWith('stop'))).toEqual([
      'stop running late',
      'stop running early',
      'stop running before',
    ]);
  });

  it('does not wait for services without a stop function', async () => {
    const endless = service({ name: 'endless', start: () => Promise.withResolvers<string>().promise });
    await expect(startServices([[endless, failing('first')]])).rejects.toThrow('first failed');
  });

  it('in parallel reports the first error, and ignores later errors', async () => {
    const events: string[] = [];
    const late = createProbe(events, 'late', { isHeld: true });
    const starting = startServices([[late.probe, failing('first')]]);
    const failed = expect(starting).rejects.toThrow('first failed');
    late.fail(new Error('late failed'));
    await failed;
    expect(events).toEqual(['begin late']);
  });

  it('stops the remaining services even if a stop fails too', async () => {
    const events: string[] = [];
    const { probe } = createProbe(events, 'a');
    const stubborn = service({
      name: 'stubborn',
      start: () => undefined,
      stop() {
        throw new Error('stubborn keeps running');
      },
    });
    const error: unknown = await startServices([probe, stubborn, failing('b')]).catch((e: unknown) => e);
    expect(events).toEqual(['begin a', 'stop running a']);
    expect(error).toMatchObject({
      message: 'b failed',
      error: { message: 'stubborn keeps running' },
      suppressed: { message: 'b failed' },
    });
  });
});
