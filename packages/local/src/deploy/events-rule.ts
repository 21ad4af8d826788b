import { startRule } from '../events/rule.ts';
import { arn, physicalName } from '../template/names.ts';
import { invokedFunctionOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** EventBridge's maximum length for rule names. */
const MAX_NAME_LENGTH = 64;

/** AWS::Events::Rule with a schedule. */
export const eventsRule: ResourceType = {
  honours: ['Name', 'ScheduleExpression', 'State', 'Targets'],
  withoutEffect: ['Description', 'Tags'],

  deploy({ logicalId, properties }, { stack, lambda, permissions, log, publish, keep }) {
    const name = properties.optionalText('Name') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const ruleArn = arn(stack, 'events', `rule/${name}`);
    const targets = properties.objects('Targets').map((target) => ({
      functionName: invokedFunctionOf(target.text('Arn')),
      input: target.optionalText('Input'),
    }));
    // The permission is checked at each firing, because the permission refers to the rule, and is therefore created after the rule.
    const mayInvoke = (functionName: string) => {
      const allowed = permissions.allow(functionName, 'events.amazonaws.com', ruleArn);
      if (!allowed)
        log(`the rule ${name} may not invoke ${functionName}: no AWS::Lambda::Permission allows it`);
      return allowed;
    };
    if ((properties.optionalText('State') ?? 'ENABLED') === 'ENABLED') {
      const schedule = properties.text('ScheduleExpression');
      keep(startRule({ ruleArn, schedule, targets, lambda, mayInvoke, log, publish }));
    }
    return { ref: name, attributes: { Arn: ruleArn } };
  },
};
