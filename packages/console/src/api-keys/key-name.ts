import type { Schema } from 'errand-client';

export type ApiKey = Schema<'ApiKey'>;

/** A dialog about one key. */
export interface KeyDialogProps {
  readonly apiKey: ApiKey;
  /** Whether it is the key of this tab. */
  readonly isOwn: boolean;
  readonly onClose: () => void;
}

/** A key of the command line may have no name. */
export function nameOf({ name, key_id: keyId }: Pick<ApiKey, 'name' | 'key_id'>): string {
  return name === '' ? keyId : name;
}
