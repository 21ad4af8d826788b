/**
 * The architecture of the house, as rules: arrows point down only.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '^test/',
          '^packages/[^/]+/test/',
          '^lambdas/[^/]+/handler\\.ts$',
          '^lambdas/api/docs-page/',
          '^lambdas/adapters/aws/absent\\.ts$',
          '^lambdas/built-in/',
          // Bundled by its path.
          '^lib/jobs/payload-errors\\.ts$',
          '\\.mjs$',
        ],
      },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^node:' } },
    {
      name: 'vocabulary-imports-nothing',
      comment: 'Everything else depends on states, transitions and errors, so they import nothing.',
      severity: 'error',
      from: { path: '^lambdas/job/(status|errors|audit)\\.ts$' },
      to: { pathNot: '^$' },
    },
    {
      name: 'domain-imports-no-adapter',
      comment: 'lambdas/job is the domain. It imports no SDK, no middy, no adapter and no entry point.',
      severity: 'error',
      from: { path: '^lambdas/job/' },
      to: {
        pathNot: [
          '^lambdas/job/',
          '^lambdas/schedule-expression/',
          '^node_modules/(zod|uuid|@standard-schema/spec)/',
        ],
      },
    },
    {
      name: 'messages-import-only-jobs',
      comment: 'lambdas/message is the domain of messages. A job sends them.',
      severity: 'error',
      from: { path: '^lambdas/message/' },
      to: { pathNot: '^lambdas/(message|job)/' },
    },
    {
      name: 'approvals-import-nothing-else',
      comment:
        'lambdas/approval is the domain of approval links. The worker signs them, and the api verifies them.',
      severity: 'error',
      from: { path: '^lambdas/approval/' },
      to: { pathNot: '^(lambdas/approval/|crypto$|node:crypto$)' },
    },
    {
      name: 'webhook-keys-import-nothing-else',
      comment:
        'lambdas/webhook-key is the domain of webhook keys. The api shows and rotates them, and the worker signs with them.',
      severity: 'error',
      from: { path: '^lambdas/webhook-key/' },
      to: { pathNot: '^(lambdas/(webhook-key/|job/audit\\.ts$)|crypto$|node:crypto$)' },
    },
    {
      name: 'api-keys-import-only-access',
      comment: 'lambdas/api-key is the domain of API key management.',
      severity: 'error',
      from: { path: '^lambdas/api-key/' },
      to: { pathNot: '^lambdas/(api-key/|access/|job/audit\\.ts$)' },
    },
    {
      name: 'adapters-import-only-the-domain',
      severity: 'error',
      from: { path: '^lambdas/adapters/' },
      to: { path: '^(lambdas/(?!adapters/|job/|message/|webhook-key/|lazy\\.ts$)|lib/|packages/|bin/)' },
    },
    {
      name: 'job-types-import-only-the-domain',
      severity: 'error',
      from: { path: '^lambdas/jobs/' },
      to: { path: '^(lambdas/(?!jobs/|job/|message/|webhook-key/|access/)|lib/|packages/|bin/)' },
    },
    {
      name: 'testing-runs-the-domain',
      comment: 'errand/testing runs jobs with the worker’s code, without the SDK.',
      severity: 'error',
      from: { path: '^lambdas/testing/' },
      to: {
        pathNot:
          '^(lambdas/(testing|job)/|lambdas/worker/error-guard\\.ts$|node:|async_hooks$|assert$|crypto$|path$|timers/promises$|url$|util$|node_modules/uuid/)',
      },
    },
    {
      name: 'nothing-deployed-imports-testing',
      severity: 'error',
      from: {
        path: '^(bin|lib|lambdas|packages)/',
        pathNot: '^(lambdas/testing|bin/command-line/init/project)/',
      },
      to: { path: '^lambdas/testing/' },
    },
    {
      name: 'middleware-imports-only-the-domain',
      severity: 'error',
      from: { path: '^lambdas/middleware/' },
      to: { path: '^(lambdas/(?!middleware/|job/)|lib/|packages/|bin/)' },
    },
    {
      name: 'entry-points-do-not-import-each-other',
      comment: 'One entry point never imports another.',
      severity: 'error',
      from: {
        path: '^lambdas/(api|authorizer|function-keys|worker|dead-letter|scheduled|sweeper|migrate|preflight|kept-versions)/',
      },
      to: {
        path: '^lambdas/(api|authorizer|function-keys|worker|dead-letter|scheduled|sweeper|migrate|preflight|kept-versions)/',
        pathNot: '^lambdas/$1/',
      },
    },
    {
      name: 'one-composition-root',
      comment:
        'lambdas/composition/ creates the objects that several functions share; no handler creates them itself.',
      severity: 'error',
      from: { path: '^lambdas/(api|worker|dead-letter|scheduled|sweeper)/' },
      to: {
        path: '^lambdas/adapters/(clients|aurora/data-api|sqs/job-queue|dynamodb/(activity|client|dedup-window|submission-rate))\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'lib-imports-only-shared-lambda-code',
      comment:
        'lib imports from lambdas only what both sides must agree on: each function’s environment, the syntax of tenant names, the webhook hosts, how long a paused database takes to resume, the contents of job definitions and of the catalog, the arithmetic of concurrent executions, how long rejected keys are cached, and what job types add to the OpenAPI document.',
      severity: 'error',
      from: { path: '^(lib/|bin/errand\\.ts$)' },
      to: {
        path: '^(lambdas|packages|test)/',
        pathNot:
          '^lambdas/(environment|access/(identity|host-entry)|job/(aurora-times|definition|definition-schemas|flow-control|catalogue)|preflight/reservation|authorizer/refusals|api/documents/job-type-schemas)\\.ts$',
      },
    },
    {
      name: 'command-line-imports-only-access',
      comment:
        'The command line manages API keys, starts the service on a laptop, and checks an account before a deploy. For everything else, it calls the API.',
      severity: 'error',
      // A new project's files import the same modules as users' code.
      from: { path: '^bin/command-line/', pathNot: '^bin/command-line/init/project/' },
      to: {
        path: '^(lambdas/(?!access/)|lib|local|bin/(?!command-line/)|test)',
        pathNot: [
          '^bin/local-service/(app/run-app-errand|dev/run-jobs-file)\\.ts$',
          // errand doctor runs the app, checks its reservations, and signs calls with the shared code.
          '^(bin/local-service/app/run-app|lambdas/preflight/reservation|lambdas/adapters/aws/signer)\\.ts$',
        ],
      },
    },
    {
      name: 'local-service-imports-lib-by-package-name',
      comment:
        'The command line is one bundle. Modules that find files of the package by path are compiled next to it, and imported by a name from package.json.',
      severity: 'error',
      from: { path: '^bin/(local-service|command-line)/', pathNot: '^bin/command-line/init/project/' },
      to: {
        path: '^lib/',
        pathNot: '^lib/jobs/(jobs-digest|live-jobs)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'environment-imports-nothing',
      comment: 'Both lib and every function load this file, so it imports nothing.',
      severity: 'error',
      from: { path: '^lambdas/environment\\.ts$' },
      to: {},
    },
    {
      name: 'embedded-cloud-imports-no-job-code',
      comment: 'The embedded cloud parses schedules like EventBridge Scheduler.',
      severity: 'error',
      from: { path: '^packages/local/src/' },
      to: {
        path: '^(lambdas|lib|bin|packages/client|test|tools)/',
        pathNot: '^lambdas/schedule-expression/',
      },
    },
    {
      name: 'schedule-expressions-import-nothing-else',
      comment: 'EventBridge Scheduler’s expressions, which the domain and the embedded cloud share.',
      severity: 'error',
      from: { path: '^lambdas/schedule-expression/' },
      to: { path: '^(lambdas/(?!schedule-expression/)|lib|packages|bin|test)' },
    },
    {
      name: 'access-imports-nothing-else',
      comment:
        'Keys, scopes and tenants, which the authorizer, the API, the command line and the settings share.',
      severity: 'error',
      from: { path: '^lambdas/access/' },
      to: { path: '^(lambdas/(?!access/)|lib|packages|bin|test)' },
    },
    {
      name: 'client-imports-nothing-else',
      comment:
        'errand-client runs in browsers, so it imports no other part of the project, no Node module, and only one dependency.',
      severity: 'error',
      from: { path: '^packages/client/' },
      to: { pathNot: ['^packages/client/', '^node_modules/openapi-fetch/'] },
    },
    {
      name: 'console-imports-only-the-client',
      comment:
        'The console is a page that uses the public API, so it reaches Errand only through errand-client.',
      severity: 'error',
      from: { path: '^packages/console/src/' },
      to: { path: '^(lambdas|lib|bin|packages/local|test|tools)/' },
    },
    {
      name: 'only-the-command-line-and-the-console-import-client',
      severity: 'error',
      from: { pathNot: '^(packages/(client|console)|bin/command-line|test)/' },
      to: { path: '^packages/client/' },
    },
    {
      name: 'nothing-imports-test',
      comment:
        'Nothing outside the tests imports them, except the store benchmarks, which use the tests’ database and rows.',
      severity: 'error',
      from: { pathNot: ['^(test|tools/benchmarks/store)/', '^packages/[^/]+/test/'] },
      to: { path: ['^test/', '^packages/[^/]+/test/'] },
    },
    {
      name: 'lambdas-import-no-infrastructure',
      severity: 'error',
      from: { path: '^lambdas/' },
      to: { path: '^(lib|packages|bin|test)/' },
    },
    {
      name: 'lambdas-import-few-packages',
      comment: 'Functions import only packages that are bundled into them.',
      severity: 'error',
      from: { path: '^lambdas/' },
      to: {
        path: '^node_modules/(?!(@aws-sdk|@smithy|@middy|@fastify/busboy|croner|uuid|zod|@standard-schema)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'lib-imports-what-is-installed-with-it',
      comment: 'The published package has few dependencies. The others are bundled when it is built.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'no-utils',
      severity: 'error',
      from: {},
      to: {
        path: ['(^|/)(util|utils|common|shared|index)[.]ts$', '(^|/)(util|utils|common|shared)/'],
        // A user's jobs file may have this name.
        pathNot: [
          'node_modules/',
          '^test/(packages/app/jobs|jobs-files)/',
          '^bin/command-line/init/project/jobs/',
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(cdk\\.out|dist)/|^tools/benchmarks/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['errand-source', 'import', 'node', 'default', 'types'],
    },
  },
};
