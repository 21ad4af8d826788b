import { parseExpression, MathError, type Expression, type Operator } from './math-syntax.ts';
import type { Series } from './series.ts';

/** The data that an expression can refer to. */
export interface MathScope {
  /** The number of periods in each time series. */
  readonly length: number;
  readonly periodSeconds: number;
  /** Returns the time series of a metric or expression in the same request, given its ID. */
  readonly series: (id: string) => Series;
  /** The metrics' IDs, excluding the expressions' IDs. */
  readonly metricIds: readonly string[];
}

/** Several time series, such as the result of `METRICS()`. */
interface SeriesList {
  readonly list: readonly Series[];
}

type Value = number | string | Series | SeriesList;

/** A compiled expression that uses only supported functions. */
export interface CompiledExpression {
  readonly text: string;
  /** The IDs that the expression refers to. */
  readonly ids: readonly string[];
  /** Whether the expression refers to all metrics in its request, through `METRICS()`. */
  readonly usesAllMetrics: boolean;
  /** @throws MathError */
  evaluate(scope: MathScope): Series;
}

/**
 * Compiles a metric math expression. The embedded CloudWatch supports arithmetic, comparisons, AND, OR, and the functions in
 * {@link FUNCTIONS}. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @throws MathError for unsupported functions and invalid expressions
 */
export function compileExpression(source: string): CompiledExpression {
  const expression = parseExpression(source);
  const nodes = nodesOf(expression);
  for (const node of nodes) {
    if (node.kind !== 'call' || Object.hasOwn(FUNCTIONS, node.name)) continue;
    throw new MathError(
      `the embedded CloudWatch does not support the function ${node.name} of the expression ${source}. Supported functions: ${Object.keys(FUNCTIONS).join(', ')}`,
    );
  }
  const fillers = new Set(FILLERS);
  return {
    text: source,
    ids: nodes.flatMap((node) => (node.kind === 'id' && !fillers.has(node.id) ? [node.id] : [])),
    usesAllMetrics: nodes.some((node) => node.kind === 'call' && node.name === 'METRICS'),
    evaluate(scope) {
      const value = valueOf(expression, scope);
      if (isSeries(value)) return value;
      if (isList(value) && value.list.length === 1 && value.list[0]) return value.list[0];
      const found = typeof value === 'number' ? 'a number' : 'several series';
      throw new MathError(`the expression ${source} returns ${found}, but must return one time series`);
    },
  };
}

const FILLERS = ['REPEAT'];

type MathFunction = (values: readonly Value[], scope: MathScope, name: string) => Value;

const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ABS: elementwise(Math.abs),
  AVG: aggregate((values, ofAll) => values.reduce((sum, value) => sum + value, 0) / ofAll),
  CEIL: elementwise(Math.ceil),
  FILL([value = [], filler], _scope, name) {
    const fill = (series: Series): Series => {
      if (filler === 'REPEAT') {
        let last: number | undefined;
        return series.map((each) => (last = each ?? last));
      }
      if (typeof filler === 'number') return series.map((each) => each ?? filler);
      if (isSeries(filler)) return series.map((each, index) => each ?? filler[index]);
      throw new MathError(`${name} fills with a number, a time series or REPEAT`);
    };
    return mapSeries(value, fill, name);
  },
  FLOOR: elementwise(Math.floor),
  IF([condition, whenTrue, whenFalse], scope, name) {
    const choices = [whenTrue, whenFalse];
    const at = (choice: Value | undefined, index: number, missing?: number): number | undefined => {
      if (choice === undefined || typeof choice === 'number') return choice;
      if (isSeries(choice)) return choice[index] ?? missing;
      throw new MathError(`${name} takes numbers and time series`);
    };
    if (!isSeries(condition) && typeof condition !== 'number')
      throw new MathError(`the condition of ${name} must be a number or a time series`);
    if (typeof condition === 'number') {
      const chosen = choices[condition === 0 ? 1 : 0];
      return Array.from({ length: scope.length }, (_, index) => at(chosen, index));
    }
    return condition.map((holds, index) => {
      if (holds === undefined) return undefined;
      // If the condition holds, a missing value counts as 0. Otherwise, a missing value stays missing.
      return holds === 0 ? at(whenFalse, index) : at(whenTrue, index, 0);
    });
  },
  MAX: aggregate((values) => Math.max(...values)),
  METRICS([part = ''], { metricIds, series }, name) {
    if (typeof part !== 'string')
      throw new MathError(`${name} takes a part of the ids in quotes, or nothing`);
    return { list: metricIds.filter((id) => id.includes(part)).map(series) };
  },
  METRIC_COUNT([list], _scope, name) {
    if (isList(list)) return list.list.length;
    throw new MathError(`${name} takes a list of time series`);
  },
  MIN: aggregate((values) => Math.min(...values)),
  PERIOD: (_values, { periodSeconds }) => periodSeconds,
  SUM: aggregate((values) => values.reduce((sum, value) => sum + value, 0)),
  TIME_SERIES([value], { length }, name) {
    if (typeof value === 'number') return Array.from({ length }, () => value);
    throw new MathError(`${name} takes a number`);
  },
};

/**
 * Creates a function that aggregates one time series into a number, or a list of time series into one time series. In a list, `ofAll` also
 * counts missing values, because AVG treats them as 0.
 */
function aggregate(combine: (values: readonly number[], ofAll: number) => number): MathFunction {
  return ([value], _scope, name) => {
    if (isSeries(value)) {
      const real = value.filter((each) => each !== undefined);
      return real.length === 0 ? 0 : combine(real, real.length);
    }
    if (!isList(value)) throw new MathError(`${name} takes a time series or a list of them`);
    const { list } = value;
    const [first = []] = list;
    return first.map((_, index) => {
      const real = list.flatMap((series) => series[index] ?? []);
      return real.length === 0 ? undefined : combine(real, list.length);
    });
  };
}

function elementwise(change: (value: number) => number): MathFunction {
  return ([value = []], _scope, name) =>
    mapSeries(value, (series) => series.map((each) => (each === undefined ? each : change(each))), name);
}

function mapSeries(value: Value, change: (series: Series) => Series, name: string): Value {
  if (isSeries(value)) return change(value);
  if (isList(value)) return { list: value.list.map(change) };
  throw new MathError(`${name} takes a time series or a list of them`);
}

const OPERATORS: Readonly<Record<Operator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
};

function valueOf(expression: Expression, scope: MathScope): Value {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression.value;
    case 'id':
      return FILLERS.includes(expression.id) ? expression.id : scope.series(expression.id);
    case 'list':
      return {
        list: expression.items.flatMap((item) => {
          const value = valueOf(item, scope);
          if (isSeries(value)) return [value];
          if (isList(value)) return value.list;
          throw new MathError('a list takes time series only');
        }),
      };
    case 'negation':
      return operate('-', 0, valueOf(expression.operand, scope));
    case 'operation':
      return operate(expression.operator, valueOf(expression.left, scope), valueOf(expression.right, scope));
    case 'call': {
      const run = FUNCTIONS[expression.name];
      if (!run) throw new MathError(`the function ${expression.name} does not exist`);
      const values = expression.arguments.map((each) => valueOf(each, scope));
      return run(values, scope, expression.name);
    }
  }
}

/**
 * Applies an operator. A value that is missing from only one operand counts as 0. A result that can't be computed, such as a division by
 * zero, is dropped.
 */
function operate(operator: Operator, left: Value, right: Value): Value {
  if (typeof left === 'string' || typeof right === 'string')
    throw new MathError(`${operator} takes numbers and time series`);
  const compute = (a: number, b: number): number | undefined => {
    const result = OPERATORS[operator](a, b);
    return Number.isFinite(result) ? result : undefined;
  };
  if (typeof left === 'number' && typeof right === 'number') return OPERATORS[operator](left, right);
  if (isList(left)) {
    if (!isList(right))
      return { list: left.list.map((series) => operate(operator, series, right) as Series) };
    if (left.list.length !== right.list.length)
      throw new MathError(`${operator} takes lists of the same length`);
    return {
      list: left.list.map((series, index) => operate(operator, series, right.list[index] ?? []) as Series),
    };
  }
  if (isList(right)) return { list: right.list.map((series) => operate(operator, left, series) as Series) };
  if (typeof left === 'number')
    return (right as Series).map((each) => (each === undefined ? each : compute(left, each)));
  if (typeof right === 'number')
    return left.map((each) => (each === undefined ? each : compute(each, right)));
  return left.map((each, index) => {
    const other = right[index];
    return each === undefined && other === undefined ? undefined : compute(each ?? 0, other ?? 0);
  });
}

function isList(value: Value | undefined): value is SeriesList {
  return typeof value === 'object' && 'list' in value;
}

function isSeries(value: Value | undefined): value is Series {
  return Array.isArray(value);
}

function nodesOf(expression: Expression): Expression[] {
  return [expression, ...childrenOf(expression).flatMap(nodesOf)];
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'list':
      return expression.items;
    case 'negation':
      return [expression.operand];
    case 'operation':
      return [expression.left, expression.right];
    case 'call':
      return expression.arguments;
    case 'id':
    case 'number':
    case 'text':
      return [];
  }
}
