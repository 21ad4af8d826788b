import { JsonError, serveJson, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { refusingUnknownMembers } from '../aws-endpoint/known-members.ts';
import type { AwsService } from '../service.ts';
import { compilePattern } from './filter-pattern.ts';
import type { LogEvent, LogStore } from './log-store.ts';

/** The maximum number of events in one response, as in AWS. */
const MAX_EVENTS = 10_000;

/** The maximum number of groups or streams in one response, as in AWS. */
const MAX_LISTED = 50;

/**
 * Creates CloudWatch Logs with only the read operations, for the lines that functions and the access log have written since startup:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @param arnOf returns the ARN of a log group
 */
export function createLogs(store: LogStore, arnOf: (group: string) => string): AwsService {
  const handle = serveJson({
    title: 'CloudWatch Logs',
    contentType: 'application/x-amz-json-1.1',
    operations: refusingUnknownMembers('CloudWatch Logs', {
      DescribeLogGroups: {
        members: ['logGroupNamePrefix', 'limit', 'nextToken'],
        run(input) {
          const prefix = textIn(input, 'logGroupNamePrefix') ?? '';
          const named = store.groups().filter((name) => name.startsWith(prefix));
          const { page, ...next } = pageOf(named, input);
          return {
            ...next,
            logGroups: page.map((logGroupName) => ({
              logGroupName,
              arn: `${arnOf(logGroupName)}:*`,
              logGroupArn: arnOf(logGroupName),
              creationTime: store.eventsOf(logGroupName)?.[0]?.timestamp ?? 0,
            })),
          };
        },
      },

      DescribeLogStreams: {
        members: [...GROUP, 'logStreamNamePrefix', 'orderBy', 'descending', 'limit', 'nextToken'],
        run(input) {
          const { group, events } = groupIn(store, input);
          const prefix = textIn(input, 'logStreamNamePrefix') ?? '';
          const streams = [...Map.groupBy(events, ({ stream }) => stream)]
            .filter(([name]) => name.startsWith(prefix))
            .map(([logStreamName, [first, ...others]]) => ({
              logStreamName,
              arn: `${arnOf(group)}:log-stream:${logStreamName}`,
              creationTime: first?.timestamp ?? 0,
              firstEventTimestamp: first?.timestamp ?? 0,
              lastEventTimestamp: (others.at(-1) ?? first)?.timestamp ?? 0,
            }))
            .sort((a, b) =>
              input.orderBy === 'LastEventTime'
                ? a.lastEventTimestamp - b.lastEventTimestamp
                : a.logStreamName.localeCompare(b.logStreamName),
            );
          const { page, ...next } = pageOf(input.descending === true ? streams.reverse() : streams, input);
          return { ...next, logStreams: page };
        },
      },

      FilterLogEvents: {
        members: [
          ...GROUP,
          ...['filterPattern', 'startTime', 'endTime', 'logStreamNames', 'logStreamNamePrefix'],
          ...['interleaved', 'limit', 'nextToken'],
        ],
        run(input) {
          const { events } = groupIn(store, input);
          const matches = compilePattern(textIn(input, 'filterPattern') ?? '');
          const after = tokenIn(input);
          const found = events.filter(
            (event) =>
              event.id > after &&
              isInTime(event, input) &&
              isInStreams(event, input) &&
              matches(event.message),
          );
          const page = found.slice(0, limitIn(input, MAX_EVENTS));
          return {
            events: page.map((event) => ({
              ...described(event),
              logStreamName: event.stream,
              eventId: eventId(event),
            })),
            searchedLogStreams: [],
            ...(page.length < found.length && { nextToken: String(page.at(-1)?.id) }),
          };
        },
      },

      GetLogEvents: {
        members: [...GROUP, 'logStreamName', 'startTime', 'endTime', 'startFromHead', 'limit'],
        run(input) {
          const stream = textIn(input, 'logStreamName');
          const events = groupIn(store, input).events.filter((event) => event.stream === stream);
          if (events.length === 0) throw notFound('The specified log stream does not exist.');
          const inTime = events.filter((event) => isInTime(event, input));
          const limit = limitIn(input, MAX_EVENTS);
          const page = input.startFromHead === true ? inTime.slice(0, limit) : inTime.slice(-limit);
          return { events: page.map(described) };
        },
      },
    }),
  });
  return { name: 'logs', handle, end: () => Promise.resolve() };
}

const GROUP = ['logGroupName', 'logGroupIdentifier'];

function groupIn(
  store: LogStore,
  input: JsonObject,
): { readonly group: string; readonly events: readonly LogEvent[] } {
  const identifier = textIn(input, 'logGroupName') ?? textIn(input, 'logGroupIdentifier') ?? '';
  const group = identifier.replace(/^arn:.*?:log-group:/, '');
  const events = store.eventsOf(group);
  if (!events)
    throw notFound(`The specified log group does not exist: ${group}. A group exists once it has a line.`);
  return { group, events };
}

function isInTime({ timestamp }: LogEvent, input: JsonObject): boolean {
  const [start = -Infinity, end = Infinity] = [timeIn(input, 'startTime'), timeIn(input, 'endTime')];
  return timestamp >= start && timestamp <= end;
}

function isInStreams({ stream }: LogEvent, input: JsonObject): boolean {
  const { logStreamNames: names } = input;
  if (names !== undefined && !Array.isArray(names)) throw invalid('logStreamNames must be a list.');
  if (names) return names.includes(stream);
  return stream.startsWith(textIn(input, 'logStreamNamePrefix') ?? '');
}

function described({ timestamp, message }: LogEvent) {
  return { timestamp, ingestionTime: timestamp, message };
}

/** Formats an event ID. As in AWS, IDs have a fixed length, so sorting the IDs as strings sorts the events by number. */
function eventId({ id }: LogEvent): string {
  return String(id).padStart(56, '0');
}

function textIn(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalid(`${member} must be a string.`);
}

/** @throws JsonError if the token did not come from an earlier response */
function tokenIn(input: JsonObject): number {
  const token = textIn(input, 'nextToken') ?? '0';
  if (/^\d+$/.test(token)) return Number(token);
  throw invalid('The specified nextToken is invalid.');
}

/** @throws JsonError if the time is not a number */
function timeIn(input: JsonObject, member: string): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw invalid(`${member} must be a number of milliseconds.`);
}

/** Returns a page of a list. The token encodes the next page's starting position. */
function pageOf<Item>(items: readonly Item[], input: JsonObject): { page: Item[]; nextToken?: string } {
  const start = tokenIn(input);
  const end = start + limitIn(input, MAX_LISTED);
  return { page: items.slice(start, end), ...(end < items.length && { nextToken: String(end) }) };
}

function limitIn({ limit }: JsonObject, most: number): number {
  if (limit === undefined || limit === null) return most;
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw invalid(`limit must be a whole number of 1 to ${most}.`);
}

function invalid(message: string): JsonError {
  return new JsonError('InvalidParameterException', message);
}

function notFound(message: string): JsonError {
  return new JsonError('ResourceNotFoundException', message);
}
