import { readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A debugger that is attached to a process through the Chrome DevTools Protocol (https://chromedevtools.github.io/devtools-protocol/). */
export interface AttachedDebugger {
  /** Resolves with the source location where the process pauses. */
  paused(): Promise<{ file: string; line: number }>;
  resume(): void;
  detach(): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId?: string;
    readonly url?: string;
    readonly callFrames?: readonly Frame[];
  };
}

interface Frame {
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

/** Waits until a process listens on this port on 127.0.0.1, and attaches to the process. */
export async function attachDebugger(port: number): Promise<AttachedDebugger> {
  const socket = new WebSocket(await addressOn(port));
  await new Promise((opened) => {
    socket.addEventListener('open', opened, { once: true });
  });
  const urls = new Map<string, string>();
  const stop = Promise.withResolvers<Frame>();
  const enabled = Promise.withResolvers<undefined>();
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params = {} } = JSON.parse(String(data)) as Message;
    const { scriptId, url, callFrames: [frame] = [] } = params;
    if (id === 1) enabled.resolve(undefined);
    if (method === 'Debugger.scriptParsed' && scriptId !== undefined) urls.set(scriptId, url ?? '');
    if (method === 'Debugger.paused' && frame) stop.resolve(frame);
  });
  socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }));
  await enabled.promise;
  return {
    async paused() {
      const { scriptId, lineNumber, columnNumber } = (await stop.promise).location;
      const bundle = fileURLToPath((urls.get(scriptId) ?? '').replace(/\?.*$/, ''));
      const map = JSON.parse(await readFile(`${bundle}.map`, 'utf8')) as SourceMapPayload;
      const entry = new SourceMap(map).findEntry(lineNumber, columnNumber);
      if (!('originalSource' in entry)) throw new Error(`${bundle}:${lineNumber + 1} has no source.`);
      return { file: entry.originalSource, line: entry.originalLine + 1 };
    },
    resume() {
      socket.send(JSON.stringify({ id: 2, method: 'Debugger.resume' }));
    },
    detach() {
      socket.close();
    },
  };
}

async function addressOn(port: number): Promise<string> {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch {
      // The process is not listening yet.
    }
    await wait(50);
  }
}
