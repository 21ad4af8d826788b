import { unknownVariable } from '../http-api/access-log.ts';
import type { AccessLog } from '../http-api/gateway.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::ApiGatewayV2::Stage. Only the `$default` stage is supported. Its paths have no prefix. */
export const apiGatewayV2Stage: ResourceType = {
  honours: [
    'AccessLogSettings',
    'ApiId',
    'AutoDeploy',
    'DefaultRouteSettings',
    'StageName',
    'StageVariables',
  ],
  withoutEffect: ['Description', 'Tags'],

  deploy({ properties }, { httpApis }) {
    const stage = properties.text('StageName');
    if (stage !== '$default')
      properties.refuse('StageName', 'must be $default, the only stage without a path prefix');
    if (!properties.isTrue('AutoDeploy')) {
      properties.refuse(
        'AutoDeploy',
        'must be true, because the embedded cloud does not support API deployments',
      );
    }
    const settings = properties.object('DefaultRouteSettings');
    const ratePerSecond = settings.optionalNumber('ThrottlingRateLimit');
    const burst = settings.optionalNumber('ThrottlingBurstLimit');
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'is not an API in this stack');
    const variables = properties.object('StageVariables');
    api.stage = {
      stage,
      stageVariables: Object.fromEntries(
        Object.keys(variables.values).map((name) => [name, variables.text(name)]),
      ),
      throttle: ratePerSecond !== undefined && burst !== undefined ? { ratePerSecond, burst } : undefined,
      accessLog: accessLogOf(properties),
    };
    return { ref: stage };
  },
};

function accessLogOf(properties: Properties): AccessLog | undefined {
  if (properties.values.AccessLogSettings === undefined) return undefined;
  const settings = properties.object('AccessLogSettings');
  const [, logGroup] =
    /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(settings.text('DestinationArn')) ?? [];
  if (logGroup === undefined) return settings.refuse('DestinationArn', 'must be the ARN of a log group');
  const format = settings.text('Format');
  // API Gateway writes one log line per request, and therefore refuses formats with line breaks.
  if (/[\r\n]/.test(format)) settings.refuse('Format', 'must be one line');
  const unknown = unknownVariable(format);
  if (unknown !== undefined)
    settings.refuse('Format', `contains ${unknown}, which the embedded cloud does not support`);
  return { format, logGroup };
}
