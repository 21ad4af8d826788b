import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import type { Errand } from 'errand-client';
import type * as z from 'zod';
import { compact } from './compact.ts';
import { errorText } from './error-text.ts';

/** Dependencies that all tools share. */
export interface ToolConnection {
  readonly server: McpServer;
  readonly errand: Errand;
  /** The API's URL, for errors. */
  readonly url: string;
}

export interface Tool<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** A description for the model: the tool's purpose, when to use it, and its result. */
  readonly description: string;
  readonly input: Input;
  /** How the tool changes jobs; undefined for a tool that only reads. */
  readonly write?: { readonly isDestructive: boolean; readonly isIdempotent: boolean };
  /** Runs the tool. The returned value is sent as JSON. */
  readonly run: (input: z.output<Input>, signal: AbortSignal) => Promise<object>;
}

/** The maximum run time of a tool, in milliseconds: below the 60 seconds after which MCP clients time out by default. */
const TOOL_TIMEOUT = 55_000;

/**
 * Registers a tool. The tool's result is sent only as compact JSON text: if it were also sent as structured content, some clients would pay for the
 * same tokens twice. An error becomes a result that says what to do, because the model sees only results
 * (https://modelcontextprotocol.io/specification/2026-07-28/server/tools#error-handling).
 */
export function addTool<Input extends z.ZodObject>(
  { server, url }: ToolConnection,
  { name, title, description, input, write, run }: Tool<Input>,
): void {
  const annotations = {
    readOnlyHint: write === undefined,
    ...(write && { destructiveHint: write.isDestructive, idempotentHint: write.isIdempotent }),
    // The tool accesses only this deployment and its jobs.
    openWorldHint: false,
  };
  // Uses a non-generic type, because the compiler can't resolve the SDK's types for a generic schema.
  const inputSchema: z.ZodObject = input;
  server.registerTool(
    name,
    { title, description, inputSchema, annotations },
    async (args, { mcpReq: { signal } }): Promise<CallToolResult> => {
      try {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(TOOL_TIMEOUT)]);
        return textResult(JSON.stringify(compact(await run(args as z.output<Input>, limited))));
      } catch (error) {
        return { ...textResult(errorText(error, url)), isError: true };
      }
    },
  );
}

function textResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
