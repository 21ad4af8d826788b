import { describe, expect, it } from '@jest/globals';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { functionOf, templateOf } from './errand-template.ts';

const PARTS = [
  ...['Api', 'Authentication', 'Schedules', 'Worker', 'DeadLetter', 'Sweeper', 'Migrations', 'Preflight'],
];

describe('the traces of a deployment', () => {
  const LAYER = 'arn:aws:lambda:us-east-1:123456789012:layer:collector:1';
  const TRACED = ['Api', 'Schedules', 'Worker'];

  it('cost nothing unless they are turned on', () => {
    const template = templateOf();
    for (const part of PARTS) {
      expect(functionOf(template, part)).not.toHaveProperty('TracingConfig');
      expect(JSON.stringify(functionOf(template, part))).not.toContain('OTEL_');
    }
  });

  it('go to the endpoint, through the layer’s collector, from the functions that send spans', () => {
    // WHEN
    const template = templateOf({
      otelExporterOtlpEndpoint: 'http://localhost:4318',
      otelTracesSampler: 'traceidratio',
      otelTracesSamplerArg: '0.1',
      otelLayerArn: LAYER,
    });
    // THEN
    for (const part of PARTS) {
      const fn = functionOf(template, part);
      if (!TRACED.includes(part)) {
        expect(fn).not.toHaveProperty('Layers');
        continue;
      }
      expect(fn).toMatchObject({
        Layers: [LAYER],
        Environment: {
          Variables: {
            OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
            OTEL_TRACES_SAMPLER: 'traceidratio',
            OTEL_TRACES_SAMPLER_ARG: '0.1',
          },
        },
      });
    }
  });

  it('of a queue can have their own variables, and no arm64 layer on x86_64', () => {
    // WHEN
    const template = templateOf({
      otelExporterOtlpEndpoint: 'http://localhost:4318',
      otelLayerArn: LAYER,
      queues: {
        default: { architecture: Architecture.X86_64, environment: { OTEL_SERVICE_NAME: 'thumbnails' } },
      },
    });
    // THEN
    const worker = functionOf(template, 'Worker');
    expect(worker).not.toHaveProperty('Layers');
    expect(worker).toMatchObject({ Environment: { Variables: { OTEL_SERVICE_NAME: 'thumbnails' } } });
  });

  it('go to X-Ray from every function with `tracing: active`', () => {
    const template = templateOf({ tracing: 'active' });
    for (const part of PARTS) {
      expect(functionOf(template, part)).toMatchObject({ TracingConfig: { Mode: 'Active' } });
    }
  });
});
