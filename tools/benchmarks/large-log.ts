import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/** The totals of a generated log. */
export interface LargeLog {
  readonly bytes: number;
  readonly lines: number;
  /** The number of lines per level. */
  readonly levels: Readonly<Record<string, number>>;
}

const LEVELS = ['INFO', 'INFO', 'INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'DEBUG', 'WARN', 'ERROR'];

/** Lines per chunk. */
const BATCH = 2_000;

/**
 * Writes an application log with deterministic content.
 *
 * @param bytes the minimum size
 */
export async function writeLargeLog(path: string, bytes: number): Promise<LargeLog> {
  const file = createWriteStream(path, { highWaterMark: 1 << 20 });
  const levels: Record<string, number> = {};
  const random = createRandom(42);
  let [lines, written, time] = [0, 0, Date.parse('2030-01-01T00:00:00Z')];
  while (written < bytes) {
    let text = '';
    for (let line = 0; line < BATCH; line += 1) {
      const level = LEVELS[random(LEVELS.length)] ?? 'INFO';
      levels[level] = (levels[level] ?? 0) + 1;
      time += random(50);
      text +=
        `${new Date(time).toISOString()} ${level} [worker-${random(16)}] com.example.shop.Service${random(40)}: ` +
        `request ${random(1e9).toString(16)} handled in ${random(900)} ms for user ${random(100_000)}\n`;
    }
    lines += BATCH;
    written += text.length;
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return { bytes: written, lines, levels };
}

/** Returns a linear congruential generator of whole numbers from 0 up to, but not including, a limit. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}
