/**
 * Returns a log line's violations of the embedded metric format.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function brokenRulesOf(line: Readonly<Record<string, unknown>>): string[] {
  const { _aws: metadata } = line as { _aws?: { Timestamp?: unknown; CloudWatchMetrics?: unknown } };
  if (!metadata) return ['has no _aws'];
  const broken: string[] = [];
  const check = (holds: boolean, rule: string): void => {
    if (!holds) broken.push(rule);
  };
  check(Number.isInteger(metadata.Timestamp), 'Timestamp is not a whole number of milliseconds');
  check(Array.isArray(metadata.CloudWatchMetrics), 'CloudWatchMetrics is not an array');
  check(JSON.stringify(line).length <= 1024 * 1024, 'is larger than 1 MB');
  for (const directive of metadata.CloudWatchMetrics as Directive[]) {
    check(
      directive.Namespace.length > 0 && directive.Namespace.length <= 1024,
      'Namespace does not have 1–1,024 characters',
    );
    check(directive.Metrics.length <= 100, 'has more than 100 metrics');
    for (const set of directive.Dimensions) {
      check(set.length <= 30, 'has more than 30 dimensions');
      for (const dimension of set) {
        check(typeof line[dimension] === 'string', `${dimension} is not a string at the root`);
      }
    }
    for (const { Name: name, Unit: unit } of directive.Metrics) {
      const value = line[name];
      const values: unknown[] = Array.isArray(value) ? value : [value];
      check(['Count', 'Milliseconds'].includes(unit), `${unit} is not a unit that Errand uses`);
      check(values.length > 0 && values.length <= 100, `${name} does not have 1–100 values`);
      check(values.every(Number.isFinite), `${name} has a value that is not a number`);
    }
  }
  return broken;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}
