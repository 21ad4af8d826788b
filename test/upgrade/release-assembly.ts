/** The variable that names the folder of the cloud assembly of the last release. */
export const RELEASE_VARIABLE = 'ERRAND_TEST_RELEASE';

/** The settings that both releases are synthesized with. */
export const SETTINGS: Readonly<Record<string, string>> = { JOB_TIMEOUT: '20', JOB_PREFETCH: '2' };
