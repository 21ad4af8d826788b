import type { SideEffect, Trial } from './side-effects.ts';
import { API_KEYS } from './trials/api-keys.ts';
import { CALLBACKS, MESSAGES, WEBHOOK_KEYS } from './trials/outbound.ts';
import { PAUSES } from './trials/pauses.ts';
import {
  BATCH_COUNTS,
  BULK_CHANGES,
  DEDUP_WINDOWS,
  FILES,
  FIRINGS,
  STATISTICS,
} from './trials/own-things.ts';
import { SIGNALS } from './trials/signals.ts';
import { BATCHES, KEYS, LIMITS, SWEEPS, WAITS } from './trials/shared-capacity.ts';

/** The trial of each side effect. */
export const TRIALS: Readonly<Record<SideEffect, Trial>> = {
  messages: MESSAGES,
  callbacks: CALLBACKS,
  'webhook keys': WEBHOOK_KEYS,
  files: FILES,
  limits: LIMITS,
  sweeps: SWEEPS,
  batches: BATCHES,
  'bulk changes': BULK_CHANGES,
  waits: WAITS,
  firings: FIRINGS,
  statistics: STATISTICS,
  'dedup windows': DEDUP_WINDOWS,
  pauses: PAUSES,
  'batch counts': BATCH_COUNTS,
  keys: KEYS,
  signals: SIGNALS,
  'API keys': API_KEYS,
};
