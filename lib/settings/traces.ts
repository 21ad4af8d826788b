import { oneOf, string } from './kinds.ts';
import { setting, unset } from './setting.ts';
import type { Relation } from './setting.ts';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Matches an ARN such as `arn:aws:lambda:eu-central-1:123456789012:layer:collector:1`. */
const LAYER_ARN = /^arn:[\w-]+:lambda:[\w-]+:\d{12}:layer:[\w-]+:\d+$/;

/** Maximum length of the headers, in characters. All of a function's environment variables together are limited to 4 KB. */
const MAX_HEADERS = 1_000;

/** Tracing settings, named after OpenTelemetry's standard environment variables. */
export const traceSettings = {
  otelExporterOtlpEndpoint: setting({
    text:
      'The URL to which the functions send spans, as OTLP over HTTP. The functions append `/v1/traces` to it. In Lambda, use ' +
      '`http://localhost:4318` and a collector in a layer (`otelLayerArn`). Without a URL, the functions send no spans, and a ' +
      "job only passes on its submission's `traceparent`. See [Traces](../how-to/traces.md).",
    kind: string('an http or https URL without a query, such as http://localhost:4318', isBaseUrl),
    default: unset('none'),
  }),
  otelExporterOtlpHeaders: setting({
    text:
      'Headers to send to the collector, as comma-separated `name=value` pairs with percent-encoded values. Anyone who can read the ' +
      'template or the functions’ configuration can read the headers. To keep a key secret, let a collector in a layer add it.',
    kind: string(
      `comma-separated name=value pairs, such as x-team=jobs (up to ${MAX_HEADERS} characters)`,
      (text) =>
        text.length <= MAX_HEADERS && text.split(',').every((pair) => /^\s*[\w-]+=[!-~]*\s*$/.test(pair)),
    ),
    default: unset('none'),
  }),
  otelServiceName: setting({
    text: 'The service name in traces (`service.name`).',
    kind: string('1 to 100 printable ASCII characters', (name) => /^[ -~]{1,100}$/.test(name)),
    default: unset('`errand`'),
  }),
  otelTracesSampler: setting({
    text:
      'Which traces are recorded. A `parentbased_` sampler follows the sampling decision in the caller’s `traceparent`. For ' +
      'traces that start in Errand, it uses the sampler named after the prefix.',
    kind: oneOf(SAMPLERS),
    default: unset('`parentbased_always_on`'),
  }),
  otelTracesSamplerArg: setting({
    text: 'The fraction of traces that the `traceidratio` and `parentbased_traceidratio` samplers record.',
    kind: string('a number from 0 to 1, such as 0.1', (text) => /^(0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(text)),
    default: unset('1'),
  }),
  otelLayerArn: setting({
    text:
      'The ARN of a Lambda layer with an OpenTelemetry collector for arm64, for the functions that send spans. A queue with ' +
      'a different architecture, or with its own `layers`, needs the collector among those `layers`.',
    kind: string(
      'the ARN of a layer version, such as arn:aws:lambda:eu-central-1:123456789012:layer:collector:1',
      (arn) => LAYER_ARN.test(arn),
    ),
    default: unset('none'),
  }),
  tracing: setting({
    text:
      'Whether X-Ray traces the functions. With `active`, Lambda samples requests and sends its own segments, at [X-Ray’s price](../how-to/traces.md#x-ray). ' +
      'This setting is independent of the OpenTelemetry settings.',
    kind: oneOf(['off', 'active']),
    default: 'off',
  }),
};

export const traceRelations: readonly Relation<typeof traceSettings>[] = [
  {
    between: ['otelLayerArn', 'otelExporterOtlpEndpoint'],
    example: { otelLayerArn: 'arn:aws:lambda:eu-central-1:123456789012:layer:collector:1' },
    holds: ({ otelLayerArn, otelExporterOtlpEndpoint }) =>
      otelLayerArn === undefined || otelExporterOtlpEndpoint !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('otelLayerArn')} needs ${nameOf('otelExporterOtlpEndpoint')}: without it, the collector would get no spans. ` +
      `Set ${nameOf('otelExporterOtlpEndpoint')} to http://localhost:4318.`,
  },
];

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false;
  return url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}
