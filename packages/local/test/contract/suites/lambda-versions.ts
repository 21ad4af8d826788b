import {
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import type { Case } from '../contract.ts';
import { clientOf, functionsOf, refusal, type World } from '../world.ts';

const API = 'https://docs.aws.amazon.com/lambda/latest/api';
const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg';

/** Returns the source of a handler that returns a word and the running version. */
const saying = (word: string): string =>
  `export const handler = async (event, { functionVersion }) => ['${word}', functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION];`;

async function invoke(world: World, FunctionName: string, Qualifier?: string) {
  const sent = clientOf(world, LambdaClient).send(new InvokeCommand({ FunctionName, Qualifier }));
  const { Payload, ExecutedVersion } = await sent;
  return { value: JSON.parse(Payload?.transformToString() ?? 'null') as unknown, ExecutedVersion };
}

async function versions(world: World, FunctionName: string) {
  const command = new ListVersionsByFunctionCommand({ FunctionName });
  const { Versions = [] } = await clientOf(world, LambdaClient).send(command);
  return Versions.map(({ Version }) => Version);
}

const remove = (world: World, FunctionName: string, Qualifier: string) =>
  clientOf(world, LambdaClient).send(new DeleteFunctionCommand({ FunctionName, Qualifier }));

/** Creates a function whose version 1 returns `old`, and whose `$LATEST` returns `new`. */
async function changed(world: World): Promise<string> {
  const functions = functionsOf(world);
  const name = await functions.create(saying('old'));
  await functions.publish(name);
  await functions.change(name, saying('new'));
  return name;
}

export const versionCases: readonly Case[] = [
  {
    name: 'a version keeps its code when the function changes, and sees its number',
    page: `${GUIDE}/configuration-versions.html`,
    aws: {
      qualifier: { value: ['old', '1', '1'], ExecutedVersion: '1' },
      name: { value: ['old', '1', '1'], ExecutedVersion: '1' },
      latest: { value: ['new', '$LATEST', '$LATEST'], ExecutedVersion: '$LATEST' },
    },
    async observe(world) {
      const name = await changed(world);
      return {
        qualifier: await invoke(world, name, '1'),
        name: await invoke(world, `${name}:1`),
        latest: await invoke(world, name),
      };
    },
  },
  {
    name: 'a function that has not changed since its last version gets no new version',
    page: `${API}/API_PublishVersion.html`,
    aws: { published: ['1', '1', '2'], listed: ['$LATEST', '1', '2'] },
    async observe(world) {
      const functions = functionsOf(world);
      const name = await functions.create(saying('old'));
      const published = [await functions.publish(name), await functions.publish(name)];
      await functions.change(name, saying('new'));
      published.push(await functions.publish(name));
      return { published, listed: await versions(world, name) };
    },
  },
  {
    name: 'a deleted version is not found, and the unpublished code remains',
    page: `${API}/API_DeleteFunction.html`,
    aws: {
      listed: ['$LATEST'],
      invoked: { error: 'ResourceNotFoundException', status: 404 },
      latest: { value: ['new', '$LATEST', '$LATEST'], ExecutedVersion: '$LATEST' },
    },
    async observe(world) {
      const name = await changed(world);
      await remove(world, name, '1');
      return {
        listed: await versions(world, name),
        invoked: await refusal(invoke(world, name, '1')),
        latest: await invoke(world, name),
      };
    },
  },
  {
    name: 'the unpublished code is not deleted as if it were a version',
    page: 'https://docs.rs/crate/rusoto_lambda/0.32.0/target-redirect/rusoto_lambda/struct.DeleteFunctionRequest.html',
    aws: { error: 'InvalidParameterValueException', status: 400 },
    async observe(world) {
      return refusal(remove(world, await changed(world), '$LATEST'));
    },
  },
];
