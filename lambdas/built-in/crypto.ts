/* Bundled in place of `node:crypto`; see http.ts. */
const crypto = process.getBuiltinModule('node:crypto');

export default crypto;
export const {
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
  randomFillSync,
  randomUUID,
  timingSafeEqual,
} = crypto;

/** Read the property only when the function is called, because reading it loads Node's Web Crypto. */
export function getRandomValues<Numbers extends NodeJS.TypedArray>(numbers: Numbers): Numbers {
  return crypto.getRandomValues(numbers);
}
