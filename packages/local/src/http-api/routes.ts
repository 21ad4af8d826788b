/** A route: its key, such as `GET /v1/jobs/{job_id}`, and its target. */
export interface Route<Target> {
  readonly routeKey: string;
  readonly target: Target;
}

/** The route that matches a request, with its decoded path parameters. */
export interface RouteMatch<Target> {
  readonly route: Route<Target>;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** Finds a request's route. Returns `undefined` if no route matches; the gateway then responds with 404. */
export type MatchRoute<Target> = (method: string, path: string) => RouteMatch<Target> | undefined;

interface Node<Target> {
  readonly literals: Map<string, Node<Target>>;
  variable: Node<Target> | undefined;
  /** The routes that end at this node, keyed by method, including `ANY`. */
  readonly ends: Map<string, End<Target>>;
  /** The routes that end with a greedy path variable, `{proxy+}`, at this node. The variable matches one or more segments. */
  readonly greedyEnds: Map<string, End<Target>>;
}

interface End<Target> {
  readonly route: Route<Target>;
  readonly variables: readonly string[];
}

const DEFAULT_ROUTE = '$default';

/**
 * Compiles routes to a function that finds the most specific route, like API Gateway. A route that matches every segment has precedence
 * over a greedy path variable, which has precedence over `$default`. Within a segment, a literal has precedence over a variable. For the
 * same path, the exact method has precedence over `ANY`. A trailing slash is significant.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function compileRoutes<Target>(routes: readonly Route<Target>[]): MatchRoute<Target> {
  const root = emptyNode<Target>();
  const defaultRoute = routes.find((route) => route.routeKey === DEFAULT_ROUTE);
  for (const route of routes) if (route !== defaultRoute) insert(root, route);

  return (method, path) => {
    const segments = path.slice(1).split('/');
    return (
      lookUpWhole(root, method, segments) ??
      lookUpGreedy(root, method, segments) ??
      (defaultRoute && { route: defaultRoute, pathParameters: {} })
    );
  };
}

function emptyNode<Target>(): Node<Target> {
  return { literals: new Map(), variable: undefined, ends: new Map(), greedyEnds: new Map() };
}

function insert<Target>(root: Node<Target>, route: Route<Target>): void {
  const [, method, path] = /^([A-Z]+) \/(.*)$/.exec(route.routeKey) ?? [];
  if (method === undefined || path === undefined) {
    throw new Error(`the route key ${JSON.stringify(route.routeKey)} is neither $default nor "METHOD /path"`);
  }
  const variables: string[] = [];
  let node = root;
  for (const segment of path.split('/')) {
    const [, variable, greedy] = /^\{(.+?)(\+?)\}$/.exec(segment) ?? [];
    if (variable === undefined) {
      const child = node.literals.get(segment) ?? emptyNode<Target>();
      node.literals.set(segment, child);
      node = child;
      continue;
    }
    variables.push(variable);
    if (greedy === '+') {
      node.greedyEnds.set(method, { route, variables });
      return;
    }
    node = node.variable ??= emptyNode();
  }
  node.ends.set(method, { route, variables });
}

/** Finds the route that matches every segment without a greedy path variable. */
function lookUpWhole<Target>(
  node: Node<Target>,
  method: string,
  segments: readonly string[],
  values: readonly string[] = [],
): RouteMatch<Target> | undefined {
  const [segment, ...others] = segments;
  if (segment === undefined) return ended(node.ends, method, values);
  const literal = node.literals.get(segment);
  const byLiteral = literal && lookUpWhole(literal, method, others, values);
  if (byLiteral || !node.variable || segment === '') return byLiteral;
  return lookUpWhole(node.variable, method, others, [...values, segment]);
}

/** Finds the route in which the greedy path variable matches the fewest segments. */
function lookUpGreedy<Target>(
  node: Node<Target>,
  method: string,
  segments: readonly string[],
  values: readonly string[] = [],
): RouteMatch<Target> | undefined {
  const [segment, ...others] = segments;
  if (segment === undefined) return undefined;
  const literal = node.literals.get(segment);
  return (
    (literal && lookUpGreedy(literal, method, others, values)) ??
    (node.variable && segment !== ''
      ? lookUpGreedy(node.variable, method, others, [...values, segment])
      : undefined) ??
    ended(node.greedyEnds, method, [...values, segments.join('/')])
  );
}

function ended<Target>(
  ends: ReadonlyMap<string, End<Target>>,
  method: string,
  values: readonly string[],
): RouteMatch<Target> | undefined {
  const end = ends.get(method) ?? ends.get('ANY');
  if (!end) return undefined;
  const pathParameters = Object.fromEntries(end.variables.map((name, index) => [name, values[index] ?? '']));
  return { route: end.route, pathParameters };
}
