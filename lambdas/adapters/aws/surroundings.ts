/** What Lambda tells a function of the AWS around it, as the SDK's clients take it. */
export interface Surroundings {
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  /** Whether no variable names another place than AWS, so that the SDK need not look for one. */
  readonly ignoreConfiguredEndpointUrls: boolean;
}

/**
 * The one place where what concerns AWS alone is read from the environment:
 *
 * - `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, which Lambda sets for every function. The keys of
 *   a sandbox never change: Lambda ends it before they expire.
 * - `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, with which a user may choose among AWS's endpoints.
 * - Whether there is any `AWS_ENDPOINT_URL…`. What it means is the SDK's to say: an emulator's functions have one, AWS's have none.
 *
 * These mean what they mean to the SDK (AWS SDKs and Tools Reference Guide, "Settings reference"). What the SDK would look for
 * besides, in configuration files and other sources of credentials, does not exist in Lambda.
 *
 * @throws Error that names every variable that is missing
 */
export function readSurroundings(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Surroundings {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = source;
  if (!region || !accessKeyId || !secretAccessKey) {
    const needed = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    throw new Error(`Missing environment variables: ${needed.filter((name) => !source[name]).join(', ')}.`);
  }
  return {
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    useFipsEndpoint: source.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: source.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    ignoreConfiguredEndpointUrls: !Object.keys(source).some((name) => name.startsWith('AWS_ENDPOINT_URL')),
  };
}
