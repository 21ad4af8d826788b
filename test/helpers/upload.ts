/** The response of `POST /v1/uploads`. */
export interface UploadView {
  file: string;
  method: string;
  url: string;
  fields: Record<string, string>;
  max_bytes: number;
  expires_at: string;
}

/** Submits a form as a browser does: first its fields, then the file. */
export async function sendForm(
  { url, fields }: Pick<UploadView, 'url' | 'fields'>,
  file: Blob,
): Promise<{ status: number; text: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file);
  const response = await fetch(url, { method: 'POST', body: form });
  return { status: response.status, text: await response.text() };
}
