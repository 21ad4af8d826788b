import type { ResourceType } from './resource-type.ts';

/** AWS::ApiGatewayV2::Stage: the stage `$default`, whose paths have no prefix. */
export const apiGatewayV2Stage: ResourceType = {
  honours: ['ApiId', 'AutoDeploy', 'DefaultRouteSettings', 'StageName', 'StageVariables'],
  withoutEffect: ['AccessLogSettings', 'Description', 'Tags'],

  deploy({ properties }, { httpApis }) {
    const stage = properties.text('StageName');
    if (stage !== '$default')
      properties.refuse('StageName', 'must be $default, the one stage without a path prefix');
    if (!properties.isTrue('AutoDeploy')) {
      properties.refuse('AutoDeploy', 'must be true, as the embedded cloud knows no deployments of an API');
    }
    const settings = properties.object('DefaultRouteSettings');
    const ratePerSecond = settings.optionalNumber('ThrottlingRateLimit');
    const burst = settings.optionalNumber('ThrottlingBurstLimit');
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'names no API of this stack');
    const variables = properties.object('StageVariables');
    api.stage = {
      stage,
      stageVariables: Object.fromEntries(
        Object.keys(variables.values).map((name) => [name, variables.text(name)]),
      ),
      throttle: ratePerSecond !== undefined && burst !== undefined ? { ratePerSecond, burst } : undefined,
    };
    return { ref: stage };
  },
};
