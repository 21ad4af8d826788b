import { UnknownFunctionError } from '../lambda/invocation.ts';
import { arn } from '../template/names.ts';
import { functionNameOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/**
 * AWS::Lambda::Version: publishes the function's current code and configuration. Its `Ref` is the version's ARN. If nothing has changed since the
 * last deployment, the previous version is kept. CloudFormation publishes a version only when it creates the resource. Here, every
 * startup creates the resource.
 *
 * The embedded cloud does not delete resources from earlier deployments. A version that is removed from the template is therefore kept until
 * DeleteFunction removes it, regardless of its DeletionPolicy.
 */
export const lambdaVersion: ResourceType = {
  honours: ['FunctionName'],
  withoutEffect: ['CodeSha256', 'Description', 'ProvisionedConcurrencyConfig', 'RuntimePolicy'],

  deploy({ properties }, { stack, lambda, versions }) {
    const name = functionNameOf(properties.text('FunctionName'));
    const version = lambda.publishVersion(name);
    versions.add(name, version);
    const ref = arn(stack, 'lambda', `function:${name}:${version}`);
    return { ref, attributes: { FunctionArn: ref, Version: version } };
  },
};

/** AWS::Lambda::Alias for one version. */
export const lambdaAlias: ResourceType = {
  honours: ['FunctionName', 'FunctionVersion', 'Name'],
  withoutEffect: ['Description', 'ProvisionedConcurrencyConfig'],

  deploy({ properties }, { stack, lambda }) {
    const name = functionNameOf(properties.text('FunctionName'));
    const alias = properties.text('Name');
    try {
      lambda.setAlias(name, alias, properties.text('FunctionVersion'));
    } catch (error) {
      if (!(error instanceof UnknownFunctionError)) throw error;
      properties.refuse(
        'FunctionVersion',
        "must be one of the function's versions in this stack, or $LATEST",
      );
    }
    const ref = arn(stack, 'lambda', `function:${name}:${alias}`);
    return { ref, attributes: { AliasArn: ref } };
  },
};
