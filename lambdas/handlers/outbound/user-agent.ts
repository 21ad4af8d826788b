/** Who calls, with the version of package.json, which a test holds it to: the file itself has no place in a bundle. */
export const USER_AGENT = 'errand/0.1.0';
