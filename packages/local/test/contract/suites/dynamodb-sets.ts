import type { Case } from '../contract.ts';
import { refusal } from '../world.ts';
import { tableIn } from './dynamodb-table.ts';

const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';

/** Cases for string sets, which Errand uses to count wait slots. */
export const sets: readonly Case[] = [
  {
    name: 'a set accepts members while its size allows it, and loses a member once; the attribute is removed with the last one',
    page: `${GUIDE}/Expressions.UpdateExpressions.html`,
    aws: {
      added: ['a', 'b'],
      third: { error: 'ConditionalCheckFailedException', status: 400 },
      repeated: ['a', 'b'],
      removed: ['a'],
      emptied: { pk: { S: 'a' } },
    },
    async observe(world) {
      const { update, item } = await tableIn(world);
      const members = async () => (await item())?.members?.SS?.toSorted();
      const add = (member: string) =>
        update({
          UpdateExpression: 'ADD members :members',
          ConditionExpression:
            'attribute_not_exists(members) OR size(members) < :max OR contains(members, :member)',
          ExpressionAttributeValues: {
            ':members': { SS: [member] },
            ':member': { S: member },
            ':max': { N: '2' },
          },
        });
      const remove = (member: string) =>
        update({
          UpdateExpression: 'DELETE members :members',
          ExpressionAttributeValues: { ':members': { SS: [member] } },
        });
      await add('a');
      await add('b');
      const added = await members();
      const third = await refusal(add('c'));
      await add('b');
      const repeated = await members();
      await remove('b');
      await remove('b');
      const removed = await members();
      await remove('a');
      return { added, third, repeated, removed, emptied: await item() };
    },
  },
];
