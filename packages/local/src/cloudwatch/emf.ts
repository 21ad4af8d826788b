import { isUnit, MAX_DIMENSIONS, MAX_DIMENSION_VALUE, type Dimensions, type Unit } from './metric.ts';

/** A metric's values from a log line in embedded metric format. */
export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: Unit;
  readonly values: readonly number[];
  /** Each dimension set defines a separate metric. */
  readonly dimensionSets: readonly Dimensions[];
}

/** A log line in embedded metric format. */
export interface EmbeddedMetrics {
  /** The time of the values, in milliseconds since the epoch. */
  readonly time: number;
  readonly metrics: readonly EmbeddedMetric[];
  /** The log line's other string members. */
  readonly properties: Dimensions;
  /** The parts that CloudWatch would drop, each with the reason. */
  readonly problems: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const MAX_METRICS = 100;
const MAX_VALUES = 100;
const MAX_NAMESPACE = 1024;

/**
 * Parses a log line in CloudWatch embedded metric format: a JSON object with an `_aws` member.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @returns undefined for any other line
 */
export function readEmbeddedMetrics(line: string): EmbeddedMetrics | undefined {
  // Most lines are not in embedded metric format. This check avoids parsing them.
  if (!line.startsWith('{') || !line.includes('"_aws"')) return undefined;
  const root = parsed(line);
  if (!root || !Object.hasOwn(root, '_aws')) return undefined;
  const problems: string[] = [];
  const { Timestamp: time, CloudWatchMetrics: directives } = isObject(root._aws) ? root._aws : {};
  const properties = Object.fromEntries(
    Object.entries(root).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  if (typeof time !== 'number' || !Number.isInteger(time) || time < 0) {
    problems.push('_aws.Timestamp must be a whole number of milliseconds since 1970');
    return { time: 0, metrics: [], properties, problems };
  }
  if (!Array.isArray(directives)) problems.push('_aws.CloudWatchMetrics must be a list');
  const metrics = (Array.isArray(directives) ? directives : []).flatMap((directive, index) =>
    metricsOf(root, directive, `_aws.CloudWatchMetrics[${index}]`, problems),
  );
  return { time, metrics, properties, problems };
}

/** Returns a directive's metrics. Omits and reports each metric that is invalid or has an invalid target. */
function metricsOf(root: Json, directive: unknown, path: string, problems: string[]): EmbeddedMetric[] {
  const {
    Namespace: namespace,
    Dimensions: sets,
    Metrics: definitions,
  } = isObject(directive) ? directive : {};
  if (typeof namespace !== 'string' || namespace === '' || namespace.length > MAX_NAMESPACE) {
    problems.push(`${path}.Namespace must be a string of 1 to ${MAX_NAMESPACE} characters`);
    return [];
  }
  const dimensionSets = dimensionSetsOf(root, sets, `${path}.Dimensions`, problems);
  if (!dimensionSets) return [];
  if (!Array.isArray(definitions) || definitions.length > MAX_METRICS) {
    problems.push(`${path}.Metrics must be a list of at most ${MAX_METRICS} metrics`);
    return [];
  }
  return definitions.flatMap((definition, index) => {
    const metric = metricOf(root, definition, `${path}.Metrics[${index}]`, problems);
    return metric ? [{ namespace, dimensionSets, ...metric }] : [];
  });
}

function dimensionSetsOf(
  root: Json,
  sets: unknown,
  path: string,
  problems: string[],
): Dimensions[] | undefined {
  if (!Array.isArray(sets) || sets.length === 0) {
    problems.push(`${path} must be a non-empty list of lists of names`);
    return undefined;
  }
  const read: Dimensions[] = [];
  for (const [index, set] of sets.entries()) {
    const names: unknown[] = Array.isArray(set) ? set : [0];
    if (names.length > MAX_DIMENSIONS || !names.every((name) => typeof name === 'string')) {
      problems.push(`${path}[${index}] must be a list of at most ${MAX_DIMENSIONS} names`);
      return undefined;
    }
    const wrong = names.find((name) => !isDimensionValue(root[name]));
    if (wrong !== undefined) {
      problems.push(
        `${path}[${index}] names ${wrong}, which must be a member of the line, with a string of 1 to ${MAX_DIMENSION_VALUE} characters`,
      );
      return undefined;
    }
    read.push(Object.fromEntries(names.map((name) => [name, String(root[name])])));
  }
  return read;
}

function metricOf(root: Json, definition: unknown, path: string, problems: string[]) {
  const {
    Name: name,
    Unit: unit = 'None',
    StorageResolution: resolution = 60,
  } = isObject(definition) ? definition : {};
  if (typeof name !== 'string' || name === '') {
    problems.push(`${path}.Name must be a string`);
    return undefined;
  }
  if (!isUnit(unit)) {
    problems.push(`${path}.Unit is ${JSON.stringify(unit)}, which is not a CloudWatch unit`);
    return undefined;
  }
  if (resolution !== 60 && resolution !== 1) {
    problems.push(`${path}.StorageResolution must be 1 or 60`);
    return undefined;
  }
  const target = root[name];
  const values = Array.isArray(target) ? target : [target];
  const areNumbers = values.every(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  if (!areNumbers || values.length > MAX_VALUES) {
    problems.push(
      `${path}.Name is ${name}, which must be a member of the line, with a number or a list of at most ${MAX_VALUES} numbers`,
    );
    return undefined;
  }
  return { name, unit, values };
}

function isDimensionValue(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_DIMENSION_VALUE;
}

function parsed(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
