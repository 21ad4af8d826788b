import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { clientOf, uniqueName, type World } from '../world.ts';

/** Creates a table with the `pk` key and an item. */
export async function tableIn(world: World) {
  const dynamoDb = clientOf(world, DynamoDBClient);
  const TableName = uniqueName('table');
  await dynamoDb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const Key = { pk: { S: 'a' } };
  return {
    dynamoDb,
    TableName,
    Key,
    put: (more: Record<string, AttributeValue> = {}) =>
      dynamoDb.send(new PutItemCommand({ TableName, Item: { ...Key, ...more } })),
    update: (input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
      dynamoDb.send(new UpdateItemCommand({ TableName, Key, ...input })),
    item: async () =>
      (await dynamoDb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item,
  };
}
