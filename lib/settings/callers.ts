import { isTenant, TENANT_EXPECTED } from '../../lambdas/access/identity.ts';
import { ANY_ORIGIN, isCorsOrigin, isSecureUrl } from './addresses.ts';
import { list, oneOf, string, trueOrFalse, type Kind } from './kinds.ts';
import { setting, unset, type Relation } from './setting.ts';

const origins = list(
  'comma-separated origins without a path or a trailing slash, such as https://app.example.com or, for ' +
    `development, http://localhost:5173; or only ${ANY_ORIGIN}, for all origins`,
  isCorsOrigin,
);
const originsOrAny: Kind<readonly string[]> = {
  ...origins,
  accepts: (value) => (value.length === 1 && value[0] === ANY_ORIGIN) || origins.accepts(value),
};

/** Settings that control who may call the API. */
export const callerSettings = {
  auth: setting({
    text:
      'How callers authenticate: with an API key issued by Errand (`api-key`), with requests signed with ' +
      'IAM credentials (`iam`), with tokens from your identity provider (`jwt`), or not at all (`none`).',
    kind: oneOf(['api-key', 'iam', 'jwt', 'none']),
    default: 'api-key',
  }),
  allowUnauthenticated: setting({
    text: 'Must be `true` if `auth` is `none`. This second setting ensures that a single mistake can’t open the API to the internet.',
    kind: trueOrFalse,
    default: false,
  }),
  jwtIssuer: setting({
    text:
      'The issuer (`iss`) of the tokens if `auth` is `jwt`: an `https://` URL. The issuer must serve ' +
      '`/.well-known/openid-configuration` under this URL. For development, an `http://` URL with a loopback address also works.',
    kind: string(
      'an https URL without a query, such as https://example.eu.auth0.com/, or, for development, an http URL with a loopback address',
      isSecureUrl,
    ),
    default: unset('none; required if `auth` is `jwt`'),
  }),
  jwtAudience: setting({
    text: 'The accepted audiences if `auth` is `jwt`: a token’s `aud`, or its `client_id` if it has no `aud`.',
    // API Gateway allows at most fifty audiences. The error quotes the whole list, because an empty entry can't be quoted on its own.
    kind: list(
      'up to 50 comma-separated audiences',
      () => true,
      (entries) => entries.length <= 50 && entries.every((entry) => /^\P{Cc}+$/u.test(entry)),
    ),
    default: [],
  }),
  jwtTenantClaim: setting({
    text: 'The token claim that contains the tenant.',
    kind: string('a claim’s name, up to 100 characters', (name) => /^[^\s\0]{1,100}$/.test(name)),
    default: 'tenant',
  }),
  jwtScopePrefix: setting({
    text: "The prefix in front of `read`, `submit` and `admin` in a token's scopes, such as `errand/`.",
    // OAuth scopes are printable ASCII except space, quotation mark and backslash.
    kind: string('up to 100 characters that are valid in a scope', (prefix) =>
      /^[!#-[\]-~]{1,100}$/.test(prefix),
    ),
    default: '',
  }),
  defaultTenant: setting({
    text: 'The tenant of callers whose credentials name none. If `auth` is `iam` or `none`, credentials never name a tenant.',
    kind: string(TENANT_EXPECTED, isTenant),
    default: 'default',
  }),
  console: setting({
    text:
      'Whether the deployment serves the [console](../console.md), a web page at `/console`. The page itself contains no data. It asks ' +
      'the user for credentials and calls the API with them.',
    kind: trueOrFalse,
    default: true,
  }),
  consoleClientId: setting({
    text:
      'The client id of the [console](../console.md) at the issuer if `auth` is `jwt`. Register a public client whose redirect URI is the API’s URL with `/console` appended. ' +
      'Users then sign in at the issuer (OpenID Connect, authorization code with PKCE). Without a client id, the console asks for a token.',
    kind: string('a client id, up to 200 printable characters without spaces', (id) =>
      /^[!-~]{1,200}$/.test(id),
    ),
    default: unset('none: the console asks for a token'),
  }),
  corsOrigins: setting({
    text:
      'The origins of web pages that may call the API and upload files from a browser, such as `https://app.example.com`, or ' +
      '`http://localhost:5173` for development. A single `*` allows every origin. It is invalid if `auth` is `none`.',
    kind: originsOrAny,
    default: [],
  }),
  approvalsUrl: setting({
    text:
      'The base URL of links from `step.approvalLink`. Set it if users reach the API at a URL other than the `ApiUrl` output, such as a ' +
      'custom domain. The approval pages are served under this URL at `/approvals/` and never need credentials.',
    kind: string(
      'an https URL without a query, such as https://jobs.example.com, or, for development, an http URL with a loopback address',
      isSecureUrl,
    ),
    default: unset('the `ApiUrl` output'),
  }),
};

export const callerRelations: readonly Relation<typeof callerSettings>[] = [
  {
    between: ['auth', 'jwtIssuer', 'jwtAudience'],
    example: { auth: 'jwt' },
    holds: ({ auth, jwtIssuer, jwtAudience }) =>
      auth !== 'jwt' || (jwtIssuer !== undefined && jwtAudience.length > 0),
    explain: ({ nameOf, quote }) =>
      `${quote('auth')} needs to know the tokens' issuer and audience. ` +
      `Set ${nameOf('jwtIssuer')} and ${nameOf('jwtAudience')}.`,
  },
  {
    between: ['auth', 'allowUnauthenticated'],
    example: { auth: 'none' },
    holds: ({ auth, allowUnauthenticated }) => auth !== 'none' || allowUnauthenticated,
    explain: ({ nameOf, quote }) =>
      `${quote('auth')} lets anyone on the internet submit and read jobs, but ${quote('allowUnauthenticated')} does not allow that. ` +
      `Set ${nameOf('auth')} to api-key, iam or jwt, or set ${nameOf('allowUnauthenticated')} to true if that is what you want.`,
  },
  {
    between: ['consoleClientId', 'auth', 'console'],
    example: { consoleClientId: 'console', auth: 'api-key' },
    holds: ({ consoleClientId, auth, console: served }) =>
      consoleClientId === undefined || (auth === 'jwt' && served),
    explain: ({ nameOf, quote }) =>
      `${quote('consoleClientId')} is for a console whose users sign in at the tokens' issuer, but there is none with ${quote('auth')} and ${quote('console')}. ` +
      `Set ${nameOf('auth')} to jwt and ${nameOf('console')} to true, or omit ${nameOf('consoleClientId')}.`,
  },
  {
    between: ['corsOrigins', 'auth'],
    example: { corsOrigins: [ANY_ORIGIN], auth: 'none', allowUnauthenticated: true },
    holds: ({ corsOrigins, auth }) => auth !== 'none' || !corsOrigins.includes(ANY_ORIGIN),
    explain: ({ nameOf, quote }) =>
      `${quote('corsOrigins')} with ${quote('auth')} lets any web page submit and read jobs, if the visitor's ` +
      `browser can reach the API. Name the origins in ${nameOf('corsOrigins')}, or set ${nameOf('auth')} to api-key, iam or jwt.`,
  },
];
