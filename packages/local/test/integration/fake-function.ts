import type { SQSEvent } from 'aws-lambda';
import { EventEmitter, once } from 'node:events';
import type { InvocableFunctions, InvokeResult } from '../../src/lambda/invocation.ts';

/** A function without code. The test receives its invocations, and responds to them. */
export class FakeFunction extends EventEmitter<{ run: [Run] }> implements InvocableFunctions {
  readonly runs: Run[] = [];

  configuration() {
    return { name: 'fake', codeDir: '', handler: '', timeoutSeconds: 1, memorySize: 128, environment: {} };
  }

  invoke(_name: string, event: string | Buffer): Promise<InvokeResult> {
    const { promise, resolve } = Promise.withResolvers<InvokeResult>();
    const run: Run = {
      event: JSON.parse(event.toString()) as SQSEvent,
      answer(value) {
        resolve({ throttled: false, requestId: '1', payload: Buffer.from(JSON.stringify(value)) });
      },
      fail() {
        resolve({ throttled: false, requestId: '1', functionError: 'Unhandled', payload: Buffer.from('{}') });
      },
      throttle() {
        resolve({
          throttled: true,
          requestId: '1',
          reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        });
      },
    };
    this.runs.push(run);
    this.emit('run', run);
    return promise;
  }

  invokeAsync(): string {
    throw new Error('a mapping invokes synchronously');
  }

  /** Waits for the nth run, counted from 0. */
  async run(index: number): Promise<Run> {
    for (;;) {
      const run = this.runs[index];
      if (run) return run;
      await once(this, 'run');
    }
  }
}

export interface Run {
  readonly event: SQSEvent;
  readonly answer: (value: unknown) => void;
  readonly fail: () => void;
  readonly throttle: () => void;
}
