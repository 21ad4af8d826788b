/** A cyclic redundancy check over a stream of bytes. */
export interface Crc {
  update(chunk: Uint8Array): void;
  /** The value so far, big-endian. */
  digest(): Buffer;
}

interface Polynomial {
  readonly bytes: 4 | 8;
  /** Bit-reversed, in halves of 32 bits. */
  readonly high: number;
  readonly low: number;
}

const CRC32C: Polynomial = { bytes: 4, high: 0, low: 0x82f63b78 };
const CRC64NVME: Polynomial = { bytes: 8, high: 0x9a6c9329, low: 0xac4bc9b5 };

/** Castagnoli's CRC-32. */
export const createCrc32c = (): Crc => createCrc(CRC32C);

/** The CRC-64 of the NVM Express specification, which the AWS CLI sends by default. */
export const createCrc64Nvme = (): Crc => createCrc(CRC64NVME);

/** How many bytes one step takes in: eight tables, one for each, which takes a fifth of the time of one. */
const SLICE = 8;

interface Tables {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const tablesOf = new Map<Polynomial, Tables>();

function createCrc(polynomial: Polynomial): Crc {
  const { high: tableHigh, low: tableLow } = tables(polynomial);
  let high = polynomial.bytes === 8 ? 0xffffffff : 0;
  let low = 0xffffffff;
  return {
    update(chunk) {
      const byte = (at: number): number => chunk[at] ?? 0;
      const word = (at: number): number =>
        byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
      let at = 0;
      for (; at + SLICE <= chunk.length; at += SLICE) {
        const first = low ^ word(at);
        const second = high ^ word(at + 4);
        high = 0;
        low = 0;
        for (let index = 0; index < 4; index += 1) {
          const early = ((SLICE - 1 - index) << 8) | ((first >>> (8 * index)) & 0xff);
          const late = ((SLICE - 5 - index) << 8) | ((second >>> (8 * index)) & 0xff);
          high ^= (tableHigh[early] ?? 0) ^ (tableHigh[late] ?? 0);
          low ^= (tableLow[early] ?? 0) ^ (tableLow[late] ?? 0);
        }
      }
      for (; at < chunk.length; at += 1) {
        const entry = (low ^ byte(at)) & 0xff;
        low = (tableLow[entry] ?? 0) ^ ((low >>> 8) | (high << 24));
        high = (tableHigh[entry] ?? 0) ^ (high >>> 8);
      }
    },
    digest() {
      const value = Buffer.alloc(8);
      value.writeUInt32BE(~high >>> 0, 0);
      value.writeUInt32BE(~low >>> 0, 4);
      return value.subarray(8 - polynomial.bytes);
    },
  };
}

/** Table `n` holds, for every byte, the CRC of it and `n` zero bytes after it. */
function tables(polynomial: Polynomial): Tables {
  const known = tablesOf.get(polynomial);
  if (known) return known;
  const high = new Uint32Array(SLICE * 256);
  const low = new Uint32Array(SLICE * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (l & 1) === 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (isOdd) [h, l] = [h ^ polynomial.high, l ^ polynomial.low];
    }
    [high[byte], low[byte]] = [h, l];
  }
  for (let entry = 256; entry < high.length; entry += 1) {
    const [h, l] = [high[entry - 256] ?? 0, low[entry - 256] ?? 0];
    const next = l & 0xff;
    low[entry] = ((l >>> 8) | (h << 24)) ^ (low[next] ?? 0);
    high[entry] = (h >>> 8) ^ (high[next] ?? 0);
  }
  const built = { high, low };
  tablesOf.set(polynomial, built);
  return built;
}
