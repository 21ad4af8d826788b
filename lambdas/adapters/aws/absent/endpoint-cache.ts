/**
 * Bundled in place of what the SDK's client of DynamoDB remembers discovered endpoints in (lib/bundle.ts): no command of ours takes
 * part in endpoint discovery, which is switched off besides.
 */
export class EndpointCache {
  readonly get = refuse;
  readonly getEndpoint = refuse;
  readonly set = refuse;
  readonly delete = refuse;
  readonly has = refuse;
  readonly clear = refuse;
}

function refuse(): never {
  throw new Error('Endpoint discovery is not bundled: see lambdas/adapters/aws/absent/.');
}
