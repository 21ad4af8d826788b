import { arn } from '../template/names.ts';
import { functionNameOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::Lambda::Version. Each deployment is the first here: version 1 is the code that runs. */
export const lambdaVersion: ResourceType = {
  honours: ['FunctionName'],
  withoutEffect: ['CodeSha256', 'Description', 'ProvisionedConcurrencyConfig', 'RuntimePolicy'],

  deploy({ properties }, { stack, lambda }) {
    const name = functionNameOf(properties.text('FunctionName'));
    lambda.addQualifier(name, '1');
    const ref = arn(stack, 'lambda', `function:${name}:1`);
    return { ref, attributes: { FunctionArn: ref, Version: '1' } };
  },
};

/** AWS::Lambda::Alias of one version. */
export const lambdaAlias: ResourceType = {
  honours: ['FunctionName', 'FunctionVersion', 'Name'],
  withoutEffect: ['Description', 'ProvisionedConcurrencyConfig'],

  deploy({ properties }, { stack, lambda }) {
    const name = functionNameOf(properties.text('FunctionName'));
    const version = properties.text('FunctionVersion');
    if (!lambda.hasQualifier(name, version)) {
      properties.refuse('FunctionVersion', 'must be a version of the function in this stack, or $LATEST');
    }
    const alias = properties.text('Name');
    lambda.addQualifier(name, alias);
    const ref = arn(stack, 'lambda', `function:${name}:${alias}`);
    return { ref, attributes: { AliasArn: ref } };
  },
};
