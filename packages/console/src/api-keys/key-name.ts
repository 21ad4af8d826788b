import type { Schema } from 'errand-client';

export type ApiKey = Schema<'ApiKey'>;

/** Props of a dialog about one API key. */
export interface KeyDialogProps {
  readonly apiKey: ApiKey;
  /** Whether this tab uses the key. */
  readonly isOwn: boolean;
  readonly onClose: () => void;
}

/** Returns a key's name, or its ID if it has no name. A key created on the command line may have no name. */
export function nameOf({ name, key_id: keyId }: Pick<ApiKey, 'name' | 'key_id'>): string {
  return name === '' ? keyId : name;
}
