import type { Schema } from 'errand-client';

/** A color's meaning. Color is never the only cue. */
export type Tone = 'idle' | 'running' | 'success' | 'failed' | 'warning';

export function toneOf(status: Schema<'JobStatus'>): Tone {
  switch (status) {
    case 'created':
    case 'canceled':
      return 'idle';
    case 'running':
    case 'success':
    case 'failed':
      return status;
  }
}
