import type { ErrandStackProps } from '../../lib/errand-stack.ts';

/** Combinations of settings that together create every resource that a stack can have. */
export const COMBINATIONS: Readonly<Record<string, ErrandStackProps>> = {
  'the defaults': {},
  'webhooks and messages': {
    webhookAllowedHosts: ['example.com'],
    messagesUrl: 'https://example.com/messages',
  },
  'no authentication': { auth: 'none', allowUnauthenticated: true },
  'signed requests': { auth: 'iam' },
  'pages of other origins': { corsOrigins: ['https://app.example.com'] },
  tokens: { auth: 'jwt', jwtIssuer: 'https://example.com/', jwtAudience: ['errand'] },
  'nothing protected or reserved': { deletionProtection: false, reserveConcurrency: false },
  'several queues': { queues: { images: {}, videos: { batchSize: 10 } } },
  'a database that never pauses': { auroraMinAcu: 0.5 },
  'a topic for the alarms': { alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms' },
  'neither alarms nor metrics': { alarms: false, metrics: 'off' },
  'readers, and a cluster that stays': { auroraReaders: 2, auroraRetain: true },
  traces: {
    tracing: 'active',
    otelExporterOtlpEndpoint: 'http://localhost:4318',
    otelLayerArn: 'arn:aws:lambda:us-east-1:123456789012:layer:collector:1',
  },
};
