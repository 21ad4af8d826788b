import { parseCompositeRule, type CompositeRule } from '../cloudwatch/composite-rule.ts';
import { arn, physicalName } from '../template/names.ts';
import { ALARM_PROPERTIES, MAX_ALARM_NAME_LENGTH, readDescription } from './cloudwatch-alarm.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::CloudWatch::CompositeAlarm without an ActionsSuppressor. */
export const cloudWatchCompositeAlarm: ResourceType = {
  honours: [...ALARM_PROPERTIES, 'AlarmRule'],
  withoutEffect: ['Tags'],

  deploy({ logicalId, properties }, { stack, alarms }) {
    const name =
      properties.optionalText('AlarmName') ?? physicalName(stack, logicalId, MAX_ALARM_NAME_LENGTH);
    const alarmArn = arn(stack, 'cloudwatch', `alarm:${name}`);
    const rule = readRule(properties);
    const known = new Set([...alarms.values()].flatMap((alarm) => [alarm.name, alarm.arn]));
    const unknown = rule.alarms.find((each) => !known.has(each));
    if (unknown !== undefined)
      properties.refuse(
        'AlarmRule',
        `names the alarm ${unknown}, which is not deployed before it: add a DependsOn`,
      );
    alarms.set(name, {
      kind: 'composite',
      name,
      arn: alarmArn,
      ...readDescription(properties),
      rule,
      ruleText: properties.text('AlarmRule'),
    });
    return { ref: name, attributes: { Arn: alarmArn } };
  },
};

function readRule(properties: Properties): CompositeRule {
  try {
    return parseCompositeRule(properties.text('AlarmRule'));
  } catch (error) {
    return properties.refuse('AlarmRule', `is invalid: ${(error as Error).message}`);
  }
}
