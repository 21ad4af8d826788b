/** A signed form with which a client uploads one file directly to the store. The client POSTs the fields, then the file. */
export interface UploadForm {
  url: string;
  /** The form fields. The client must send exactly these. */
  fields: Record<string, string>;
}

/** Conditions on an uploaded file. */
export interface UploadConditions {
  contentType: string | undefined;
  /** The minimum size, in bytes. */
  minBytes: number;
  maxBytes: number;
  /** The number of seconds until the form expires. */
  expiresIn: number;
}

/** A signed URL from which anyone can download one file. */
export interface DownloadLink {
  url: string;
  expiresAt: Date;
}

/** Stores the files that jobs read or write, and signs upload forms and download links for them. */
export interface UploadStore {
  /** @throws StoreUnavailableError */
  put(key: string, bytes: Uint8Array, contentType: string | undefined): Promise<void>;
  /** Signs an upload form for one file with this key, without sending a request. */
  form(key: string, conditions: UploadConditions): Promise<UploadForm>;
  /**
   * Signs a download link to a file.
   *
   * @returns undefined if the file does not exist
   * @throws StoreUnavailableError
   */
  download(key: string): Promise<(DownloadLink & { bytes: number; contentType: string }) | undefined>;
}
