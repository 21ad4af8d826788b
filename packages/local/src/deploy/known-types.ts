import { RESOURCE_TYPES } from './resource-types.ts';
import { TYPES_WITHOUT_EFFECT } from './types-without-effect.ts';

/** Whether the embedded cloud runs or can ignore resources of this type. */
export function isKnownType(type: string): boolean {
  return type in RESOURCE_TYPES || type in TYPES_WITHOUT_EFFECT || isCustom(type);
}

/** Whether only alarms can use resources of this type. True for SNS topics, because nothing is delivered to topics on a laptop. */
export function isForAlarmsOnly(type: string): boolean {
  return type === 'AWS::SNS::Topic';
}

/** Whether resources of this type are custom resources, which a function in the template deploys. */
export function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}
