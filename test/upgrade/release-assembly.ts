/** The environment variable with the path of the last release's cloud assembly. */
export const RELEASE_VARIABLE = 'ERRAND_TEST_RELEASE';

/** The settings of both versions' deployments. */
export const SETTINGS: Readonly<Record<string, string>> = { JOB_TIMEOUT: '20', JOB_PREFETCH: '2' };
