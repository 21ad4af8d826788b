import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  readTraceContext,
  toTraceparent,
  traceField,
  traceIdOf,
} from '../../../lambdas/job/trace-context.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const VALID = `00-${TRACE_ID}-${SPAN_ID}-01`;

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
const id = (length: number): fc.Arbitrary<string> => hex(length).filter((text) => !/^0*$/.test(text));

describe('a traceparent', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(id(32), id(16), fc.boolean(), (traceId, spanId, isSampled) => {
        const traceparent = toTraceparent(traceId, spanId, isSampled);
        const trace = readTraceContext({ traceparent });
        expect(trace).toEqual({ traceparent });
        expect(traceIdOf(trace)).toBe(traceId);
      }),
    );
  });

  it('of any version and with any flags is passed on in version 00, with only the sampled flag', () => {
    const laterVersion = hex(2).filter((version) => version !== 'ff' && version !== '00');
    fc.assert(
      fc.property(
        laterVersion,
        id(32),
        id(16),
        hex(2),
        fc.string(),
        (version, traceId, spanId, flags, more) => {
          const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
          const printable = more.replaceAll(/[^!-~]/g, '');
          for (const end of ['', `-${printable}`]) {
            expect(
              readTraceContext({ traceparent: `${version}-${traceId}-${spanId}-${flags}${end}` }),
            ).toEqual({
              traceparent: toTraceparent(traceId, spanId, isSampled),
            });
          }
        },
      ),
    );
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['given twice', `${VALID},${VALID}`],
    ['in upper case', VALID.toUpperCase()],
    ['of version ff', VALID.replace(/^00/, 'ff')],
    ['with more fields than version 00 has', `${VALID}-01`],
    ['with a trace id of zeros', VALID.replace(TRACE_ID, '0'.repeat(32))],
    ['with a span id of zeros', VALID.replace(SPAN_ID, '0'.repeat(16))],
    ['too short', VALID.slice(0, -1)],
    ['with a character that is not hexadecimal', VALID.replace('4bf9', '4bg9')],
    ['with a space in front', ` ${VALID}`],
  ])('is ignored if it is %s', (_name, traceparent) => {
    expect(readTraceContext({ traceparent, tracestate: 'a=1' })).toBeUndefined();
  });

  it('of any other form never causes an exception, and only valid ones are accepted', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (traceparent, tracestate) => {
        const trace = readTraceContext({ traceparent, tracestate });
        if (trace) expect(readTraceContext({ ...trace })).toEqual(trace);
      }),
    );
  });
});

describe('the id of a trace', () => {
  it('is a field of the log lines', () => {
    expect(traceField({ traceparent: VALID })).toEqual({ trace_id: TRACE_ID });
  });

  it.each([[undefined], [{}]])('is left out without a trace: %j', (trace) => {
    expect(traceIdOf(trace)).toBeUndefined();
    expect(traceField(trace)).toEqual({});
  });
});

describe('a tracestate', () => {
  const read = (tracestate: string): string | undefined =>
    readTraceContext({ traceparent: VALID, tracestate })?.tracestate;

  it.each([
    ['a=1', 'a=1'],
    [' a=1 ,\tb=2,', 'a=1,b=2'],
    ['  a=1 \t,\t b=2', 'a=1,b=2'],
    ['tenant@vendor=x y', 'tenant@vendor=x y'],
    ['1a/b*c-d_e=~!', '1a/b*c-d_e=~!'],
  ])('%j is passed on as %j', (given, expected) => {
    expect(read(given)).toBe(expected);
  });

  it.each([
    ['a key twice', 'a=1,a=2'],
    ['a key in upper case', 'A=1'],
    ['a valid member and an invalid one', 'a=1,B=2'],
    ['no value', 'a='],
    ['no key', '=1'],
    ['an equals sign in a value', 'a=b=c'],
    ['a character that is not ASCII', 'a=ü'],
    ['33 members', Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(',')],
  ])('with %s is dropped, but its traceparent is kept', (_name, tracestate) => {
    expect(readTraceContext({ traceparent: VALID, tracestate })).toEqual({ traceparent: VALID });
  });

  it.each([
    ['32 members', Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(',')],
    ['512 characters', `a=${'v'.repeat(254)},b=${'v'.repeat(253)}`],
  ])('may have %s', (_what, tracestate) => {
    expect(read(tracestate)).toBe(tracestate);
  });

  it('longer than 512 characters first loses members of more than 128 characters', () => {
    const short = ['b', 'c', 'd', 'e'].map((key) => `${key}=${'v'.repeat(126)}`);
    const long = `a=${'v'.repeat(127)}`;
    expect(read([long, ...short].join(','))).toBe(short.slice(0, 3).join(','));
  });

  it('longer than 512 characters loses its last members', () => {
    const members = Array.from({ length: 20 }, (_, index) => `k${index}=${'v'.repeat(40)}`);
    const kept = read(members.join(','))?.split(',') ?? [];
    expect(kept.length).toBeGreaterThan(8);
    expect(kept).toEqual(members.slice(0, kept.length));
    expect(kept.join(',').length).toBeLessThanOrEqual(512);
  });
});
