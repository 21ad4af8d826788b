import {
  SendMessageCommand,
  type MessageAttributeValue,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import type { Case } from '../contract.ts';
import { refusal } from '../world.ts';
import { queueIn } from './sqs-queue.ts';
import { RECORDED } from './sqs-queues.ts';

const METADATA =
  'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html';

const REFUSED = { error: 'InvalidParameterValue', status: 400 };
const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

/** Cases for message attributes, system attributes, and the characters that a message may contain. */
export const attributes: readonly Case[] = [
  {
    name: 'a receiver can name attributes, name prefixes, or all attributes',
    // See LocalStack's test_receive_message_message_attribute_names_filters.
    page: `${RECORDED}#L4693`,
    aws: {
      all: ['General', 'Hello', 'Help.Me'],
      star: ['General', 'Hello', 'Help.Me'],
      dotStar: ['General', 'Hello', 'Help.Me'],
      some: ['Hello'],
      start: ['Hello', 'Help.Me'],
      none: [],
      illegal: [],
    },
    async observe(world) {
      const { sqs, QueueUrl, receive } = await queueIn(world, { VisibilityTimeout: '0' });
      const MessageAttributes = {
        'Help.Me': text('Me'),
        Hello: text('There'),
        General: text('Kenobi'),
      };
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'msg', MessageAttributes }));
      const named = async (...names: string[]): Promise<string[]> => {
        const [message] = await receive({ MessageAttributeNames: names });
        return Object.keys(message?.MessageAttributes ?? {}).sort();
      };
      return {
        all: await named('All'),
        star: await named('*'),
        dotStar: await named('.*'),
        some: await named('Foo', 'Hello'),
        start: await named('Hel.*'),
        none: await named('Foo', 'Help'),
        illegal: await named('..foo'),
      };
    },
  },
  {
    name: 'the digest of received attributes covers the requested attributes',
    // See LocalStack's test_receive_message_message_attribute_names_filters.
    page: `${RECORDED}#L4693`,
    aws: { sent: '4c360f3fdafd970e05fae2f149d997f5', some: 'a311262e065454b75da111d535b8dacd' },
    async observe(world) {
      const { sqs, QueueUrl, receive } = await queueIn(world, { VisibilityTimeout: '0' });
      const MessageAttributes = {
        'Help.Me': text('Me'),
        Hello: text('There'),
        General: text('Kenobi'),
      };
      const sent = await sqs.send(
        new SendMessageCommand({ QueueUrl, MessageBody: 'msg', MessageAttributes }),
      );
      const [some] = await receive({ MessageAttributeNames: ['Hello'] });
      return { sent: sent.MD5OfMessageAttributes, some: some?.MD5OfMessageAttributes };
    },
  },
  {
    name: 'system attributes can be requested with both names of the member, and missing attributes are omitted',
    // See LocalStack's test_receive_message_attribute_names_filters and
    // test_receive_message_message_system_attribute_names_filters.
    page: `${RECORDED}#L4761`,
    aws: { older: ['SenderId'], newer: ['SenderId'] },
    async observe(world) {
      const { send, receive } = await queueIn(world, { VisibilityTimeout: '0' });
      await send('hello');
      const [older] = await receive({ AttributeNames: ['SenderId', 'SequenceNumber'] as unknown as ['All'] });
      const [newer] = await receive({ MessageSystemAttributeNames: ['SenderId', 'SequenceNumber'] });
      return {
        older: Object.keys(older?.Attributes ?? {}),
        newer: Object.keys(newer?.Attributes ?? {}),
      };
    },
  },
  {
    name: 'a trace header is sent as a system attribute, with its own digest',
    // See LocalStack's test_system_attributes_have_no_effect_on_attr_md5.
    page: `${RECORDED}#L3767`,
    aws: {
      digests: ['5ae4d5d7636402d80f4eb6d213245a88', '235c5c510d26fb653d073faed50ae77c'],
      received: { AWSTraceHeader: TRACE },
    },
    async observe(world) {
      const { sqs, QueueUrl, receive } = await queueIn(world);
      const sent = await sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: 'test',
          MessageAttributes: { timestamp: { DataType: 'Number', StringValue: '1493147359900' } },
          MessageSystemAttributes: { AWSTraceHeader: text(TRACE) },
        }),
      );
      const [message] = await receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] });
      return {
        digests: [sent.MD5OfMessageSystemAttributes, sent.MD5OfMessageAttributes],
        received: message?.Attributes,
      };
    },
  },
  {
    name: 'the trace header of a request becomes a system attribute of its message',
    // See LocalStack's test_aws_trace_header_propagation.
    page: `${RECORDED}#L3797`,
    aws: { AWSTraceHeader: TRACE },
    async observe(world) {
      const { sqs, send, receive } = await queueIn(world);
      sqs.middlewareStack.add(
        (next) => (call) => {
          Object.assign((call.request as { headers: object }).headers, { 'X-Amzn-Trace-Id': TRACE });
          return next(call);
        },
        { step: 'build' },
      );
      await send('hello');
      const [message] = await receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] });
      return message?.Attributes;
    },
  },
  {
    name: 'an attribute is refused for its name, its type, or the characters of its value',
    // See LocalStack's test_send_message_with_invalid_string_attributes.
    page: METADATA,
    aws: {
      accents: 'none: it was accepted',
      reserved: [REFUSED, REFUSED],
      periods: [REFUSED, REFUSED, REFUSED],
      characters: [REFUSED, REFUSED],
      long: REFUSED,
      types: [REFUSED, REFUSED],
      control: REFUSED,
    },
    async observe(world) {
      const { sqs, QueueUrl } = await queueIn(world);
      const send = (MessageAttributes: SendMessageCommandInput['MessageAttributes']) =>
        sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'test', MessageAttributes }));
      const named = (name: string) => refusal(send({ [name]: text('Valid') }));
      const typed = (DataType: string) => refusal(send({ name: { DataType, StringValue: '7' } }));
      return {
        accents: (await named('attr.1øßä')).error,
        reserved: [await named('aWs.-name'), await named('AMAZON.-name')],
        periods: [await named('.name'), await named('name.'), await named('a..b')],
        characters: [await named('a!b'), await named('a§b')],
        long: await named('L'.repeat(257)),
        types: [await typed('Invalid'), await typed(`Number.${'L'.repeat(256)}`)],
        control: await refusal(send({ name: text('\b,\v') })),
      };
    },
  },
  {
    name: 'a message with a control character is refused',
    // See LocalStack's test_send_message_with_invalid_payload_characters.
    page: `${RECORDED}#L3219`,
    aws: { error: 'InvalidMessageContents', status: 400 },
    async observe(world) {
      const { send } = await queueIn(world);
      return refusal(send('Invalid-\u0000-\b-\u0013-\uFFFF'));
    },
  },
  {
    name: 'a message group id that is empty, has a space, or is longer than 128 characters is refused',
    // See LocalStack's test_send_message_to_standard_queue_with_invalid_message_group_id.
    page: `${RECORDED}#L559`,
    aws: [REFUSED, REFUSED, REFUSED],
    async observe(world) {
      const { sqs, QueueUrl } = await queueIn(world);
      const send = (MessageGroupId: string) =>
        refusal(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageGroupId })));
      return [await send(''), await send('group 123'), await send('a'.repeat(129))];
    },
  },
];
