import { RESOURCE_TYPES } from './resource-types.ts';
import { TYPES_WITHOUT_EFFECT } from './types-without-effect.ts';

/** Whether the embedded cloud runs resources of a type, or can ignore them. */
export function isKnownType(type: string): boolean {
  return type in RESOURCE_TYPES || type in TYPES_WITHOUT_EFFECT || isCustom(type);
}

/** Whether only alarms can use resources of a type, because nothing is delivered to a topic on a laptop. */
export function isForAlarmsOnly(type: string): boolean {
  return type === 'AWS::SNS::Topic';
}

/** Whether a function of the template deploys resources of the type. */
export function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}
