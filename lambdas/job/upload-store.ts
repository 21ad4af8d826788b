/** A signed form with which a client uploads one file directly to the store: it POSTs the fields, then the file. */
export interface UploadForm {
  url: string;
  /** The form's fields. The client sends exactly these. */
  fields: Record<string, string>;
}

/** Conditions on an uploaded file. */
export interface UploadConditions {
  contentType: string | undefined;
  /** Bytes. */
  minBytes: number;
  maxBytes: number;
  /** Seconds from now. */
  expiresIn: number;
}

/** Stores the files that jobs read. */
export interface UploadStore {
  /** @throws StoreUnavailableError */
  put(key: string, bytes: Uint8Array, contentType: string | undefined): Promise<void>;
  /** Signs a form for one file with this key. Makes no request. */
  form(key: string, conditions: UploadConditions): Promise<UploadForm>;
}
