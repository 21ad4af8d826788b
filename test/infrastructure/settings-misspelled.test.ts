import { describe, expect, it } from '@jest/globals';
import { variableOf } from '../../lambdas/environment.ts';
import { misspelledSettings } from '../../lib/settings/misspelled.ts';
import { appSettings, settingTable } from '../../lib/settings/table.ts';
import { unbundledApp } from './errand-template.ts';

function warningsFor(...environment: string[]): string[] {
  return misspelledSettings(environment, []).map(({ warning }) => warning);
}

/** Environment variables of shells, CI services, Node, AWS, the CDK, and other applications. */
const FOREIGN = `
  HOME PATH PWD OLDPWD SHELL SHLVL USER LOGNAME HOSTNAME LANG LC_ALL TERM COLORTERM EDITOR TMPDIR DISPLAY TZ MAIL
  SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO XDG_RUNTIME_DIR XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS LS_COLORS
  NODE_ENV NODE_OPTIONS NODE_PATH NODE_AUTH_TOKEN NPM_TOKEN NPM_CONFIG_REGISTRY npm_lifecycle_event npm_package_name
  npm_config_user_agent INIT_CWD CI DEBUG LOG_LEVEL PORT HOST VERBOSE
  AWS_REGION AWS_DEFAULT_REGION AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_ACCOUNT_ID
  AWS_CONFIG_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_ENDPOINT_URL AWS_LAMBDA_FUNCTION_NAME
  CDK_OUTDIR CDK_CONTEXT_JSON CDK_DEFAULT_ACCOUNT CDK_DEFAULT_REGION CDK_CLI_VERSION STAGE STAGE_NAME
  GITHUB_ACTIONS GITHUB_JOB GITHUB_TOKEN GITHUB_REPOSITORY GITHUB_REF_NAME RUNNER_OS RUNNER_TEMP
  CI_JOB_ID CI_JOB_NAME CI_JOB_TIMEOUT CI_JOB_TOKEN CI_PIPELINE_ID CI_PROJECT_PATH GITLAB_CI
  JOB_NAME JOB_URL JOB_BASE_NAME BUILD_ID BUILD_NUMBER BUILD_URL JENKINS_URL WORKSPACE EXECUTOR_NUMBER
  DATABASE_URL DATABASE_NAME DB_NAME PGHOST PGUSER PGPASSWORD REDIS_URL QUEUE_URL TABLE_NAME
  API_KEY API_URL API_TOKEN API_VERSION AUTH_TOKEN AUTH_SECRET AUTH_URL JWT_SECRET JWT_EXPIRATION JWT_ALGORITHM
  WEBHOOK_URL WEBHOOK_SECRET CORS_ENABLED SESSION_TIMEOUT REQUEST_TIMEOUT DEFAULT_REGION DEFAULT_LOCALE TENANT_ID
  TENANT_NAME RATE_LIMIT BURST MESSAGE_QUEUE RETENTION DELETE_OLD SENTRY_DSN DOCKER_HOST KUBECONFIG EMAIL AUTO
  ERRAND_URL ERRAND_API_KEY ERRAND_DATA_DIR ERRAND_AWS_PORT ERRAND_FAULTS
`
  .trim()
  .split(/\s+/);

describe('an unknown variable', () => {
  it.each([
    ['JOB_TIMOUT', 'JOB_TIMEOUT'],
    ['JOB_TIMEUOT', 'JOB_TIMEOUT'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['DELETION_PROTECTON', 'DELETION_PROTECTION'],
    ['STACKNAME', 'STACK_NAME'],
    ['job_timeout', 'JOB_TIMEOUT'],
    ['JOB_TIMEOUT_SECONDS', 'JOB_TIMEOUT'],
    ['UPLOAD_RETENTION', 'UPLOAD_RETENTION_DAYS'],
  ])('like %s causes a warning that suggests %s', (name, meant) => {
    expect(warningsFor(name)).toEqual([
      `The environment variable ${name} is not a setting and has no effect. Did you mean ${meant}?`,
    ]);
  });

  it('causes a warning for each setting with a missing character', () => {
    const settings = Object.keys({ ...settingTable, ...appSettings })
      .map(variableOf)
      .filter((name) => name.length > 6);
    const misspelled = settings.map((name) => name.slice(0, 3) + name.slice(4));
    expect(warningsFor(...misspelled)).toEqual(
      settings.map((name) => expect.stringContaining(`Did you mean ${name}?`)),
    );
  });

  it('causes no warning if it belongs to another program', () => {
    expect(FOREIGN.length).toBeGreaterThan(100);
    expect(warningsFor(...FOREIGN)).toEqual([]);
  });
});

describe('a setting', () => {
  it('causes no warning', () => {
    expect(warningsFor(...Object.keys({ ...settingTable, ...appSettings }).map(variableOf))).toEqual([]);
  });
});

describe('an unknown key of the CDK context', () => {
  it.each(['JOB_TIMOUT', 'jobTimeout', 'job-timeout'])('like %s causes a warning', (key) => {
    expect(misspelledSettings([], [key])).toEqual([
      {
        name: key,
        warning: `The CDK context key ${key} is not a setting and has no effect. Did you mean JOB_TIMEOUT?`,
      },
    ]);
  });

  it('causes no warning if it is one of CDK’s own', () => {
    const keys = Object.keys(unbundledApp().node.getAllContext() as object);
    expect(keys.length).toBeGreaterThan(50);
    expect(misspelledSettings([], keys)).toEqual([]);
  });
});
