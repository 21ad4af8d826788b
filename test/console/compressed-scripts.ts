import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** Returns the compressed sizes, in bytes, of all scripts that a page loads immediately or later, keyed by script name. */
export async function compressedScripts(pageUrl: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const found = scriptsIn((await read(pageUrl)).text);
  for (const name of found) {
    const { bytes, text } = await read(`${pageUrl}/${name}`);
    sizes.set(name, bytes);
    for (const other of scriptsIn(text)) found.add(other);
  }
  return sizes;
}

/** Finds the names of scripts, such as `index-Bx3k9a_Q.js`, in a page or in another script. */
function scriptsIn(text: string): Set<string> {
  return new Set(text.match(/[\w-]+-[\w-]{8}\.js\b/g));
}

async function read(url: string): Promise<{ bytes: number; text: string }> {
  const [response] = (await once(get(url, { headers: { 'accept-encoding': 'gzip' } }), 'response')) as [
    IncomingMessage,
  ];
  const body = Buffer.concat(await response.toArray());
  return { bytes: body.length, text: gunzipSync(body).toString() };
}
