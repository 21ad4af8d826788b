import type { Schema } from 'errand-client';

/** What a color means. Never said by the color alone. */
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
