/** The environment variable with the path of the last release's cloud assembly. */
export const RELEASE_VARIABLE = 'ERRAND_TEST_RELEASE';

/** The settings with which both versions are deployed. */
export const SETTINGS: Readonly<Record<string, string>> = { JOB_TIMEOUT: '20', JOB_PREFETCH: '2' };
