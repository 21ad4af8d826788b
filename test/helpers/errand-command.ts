import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import { runCommand } from '../../bin/command-line/program.ts';
import type { Terminal } from '../../bin/command-line/session.ts';

export interface Ended {
  code: number | null;
  output: string;
  messages: string;
}

/** Creates a function that runs `errand` commands in this process. Starting a process for each command would be slower. */
export function commandsFor(apiUrl: () => string) {
  async function errand(
    words: string[],
    input = '',
    environment: Record<string, string> = {},
    ask?: Terminal['ask'],
  ): Promise<Ended> {
    const ended: Ended = { code: 0, output: '', messages: '' };
    await runCommand(words, {
      environment: { ERRAND_URL: apiUrl(), ...environment },
      output: (answer) => (ended.output += `${answer}\n`),
      messages: { write: (line) => (ended.messages += line) },
      readInput: () => Promise.resolve(input),
      ask,
      setExitCode: (code) => (ended.code = code),
    });
    return ended;
  }

  async function job(words: string[], run = errand): Promise<{ code: number | null; job: Schema<'Job'> }> {
    const { code, output, messages } = await run(['--json', ...words]);
    expect(messages).toBe('');
    return { code, job: JSON.parse(output) as Schema<'Job'> };
  }

  return { errand, job };
}
