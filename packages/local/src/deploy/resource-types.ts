import { apiGatewayV2Api } from './apigatewayv2-api.ts';
import { apiGatewayV2Authorizer } from './apigatewayv2-authorizer.ts';
import { apiGatewayV2Integration } from './apigatewayv2-integration.ts';
import { apiGatewayV2Route } from './apigatewayv2-route.ts';
import { apiGatewayV2Stage } from './apigatewayv2-stage.ts';
import { cloudWatchAlarm } from './cloudwatch-alarm.ts';
import { cloudWatchCompositeAlarm } from './cloudwatch-composite-alarm.ts';
import { cloudWatchDashboard } from './cloudwatch-dashboard.ts';
import { dynamoDbGlobalTable, dynamoDbTable } from './dynamodb-table.ts';
import { eventsRule } from './events-rule.ts';
import { iamPolicy } from './iam-policy.ts';
import { iamRole } from './iam-role.ts';
import { lambdaEventInvokeConfig } from './lambda-event-invoke-config.ts';
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts';
import { lambdaFunction } from './lambda-function.ts';
import { lambdaLayerVersion } from './lambda-layer-version.ts';
import { lambdaPermission } from './lambda-permission.ts';
import { lambdaAlias, lambdaVersion } from './lambda-version.ts';
import { rdsDbCluster } from './rds-db-cluster.ts';
import { logsLogGroup } from './logs-log-group.ts';
import { s3BucketPolicy, secretPolicy, sqsQueuePolicy } from './resource-policies.ts';
import type { ResourceType } from './resource-type.ts';
import { s3Bucket } from './s3-bucket.ts';
import { schedulerScheduleGroup } from './scheduler-schedule-group.ts';
import { secretTargetAttachment } from './secret-target-attachment.ts';
import { secretsManagerSecret } from './secretsmanager-secret.ts';
import { snsTopic } from './sns-topic.ts';
import { sqsQueue } from './sqs-queue.ts';
import { ssmParameter } from './ssm-parameter.ts';

/** The CloudFormation types that the embedded cloud runs. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': apiGatewayV2Api,
  'AWS::ApiGatewayV2::Authorizer': apiGatewayV2Authorizer,
  'AWS::ApiGatewayV2::Integration': apiGatewayV2Integration,
  'AWS::ApiGatewayV2::Route': apiGatewayV2Route,
  'AWS::ApiGatewayV2::Stage': apiGatewayV2Stage,
  'AWS::CloudWatch::Alarm': cloudWatchAlarm,
  'AWS::CloudWatch::CompositeAlarm': cloudWatchCompositeAlarm,
  'AWS::CloudWatch::Dashboard': cloudWatchDashboard,
  'AWS::DynamoDB::GlobalTable': dynamoDbGlobalTable,
  'AWS::DynamoDB::Table': dynamoDbTable,
  'AWS::Events::Rule': eventsRule,
  'AWS::IAM::ManagedPolicy': iamPolicy,
  'AWS::IAM::Policy': iamPolicy,
  'AWS::IAM::Role': iamRole,
  'AWS::Lambda::Alias': lambdaAlias,
  'AWS::Lambda::EventInvokeConfig': lambdaEventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': lambdaEventSourceMapping,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::LayerVersion': lambdaLayerVersion,
  'AWS::Lambda::Permission': lambdaPermission,
  'AWS::Lambda::Version': lambdaVersion,
  'AWS::Logs::LogGroup': logsLogGroup,
  'AWS::RDS::DBCluster': rdsDbCluster,
  'AWS::S3::Bucket': s3Bucket,
  'AWS::S3::BucketPolicy': s3BucketPolicy,
  'AWS::SNS::Topic': snsTopic,
  'AWS::SQS::Queue': sqsQueue,
  'AWS::SQS::QueuePolicy': sqsQueuePolicy,
  'AWS::SSM::Parameter': ssmParameter,
  'AWS::Scheduler::ScheduleGroup': schedulerScheduleGroup,
  'AWS::SecretsManager::ResourcePolicy': secretPolicy,
  'AWS::SecretsManager::Secret': secretsManagerSecret,
  'AWS::SecretsManager::SecretTargetAttachment': secretTargetAttachment,
};
