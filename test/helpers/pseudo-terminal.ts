import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

export interface PseudoTerminal {
  /** Returns the command's output so far, with each escape character as ␛. */
  readonly output: () => string;
  /** Resolves when the output from position `from` onward matches the pattern. Rejects if the command ends first. */
  readonly shows: (pattern: RegExp, from?: number) => Promise<void>;
  readonly type: (keys: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Sends a signal to the command's process. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when the command ends, with its exit code and the terminal's modes as printed by `stty -a`. */
  readonly ended: Promise<{ readonly code: number; readonly modes: string }>;
}

/** Runs a command in a pseudo-terminal, using `script` from util-linux. */
export function runInTerminal(
  words: readonly string[],
  { columns, rows, env }: { columns: number; rows: number; env: Record<string, string | undefined> },
): PseudoTerminal {
  const command = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const shell = [
    `stty cols ${columns} rows ${rows}`,
    'echo "terminal $(tty)"',
    // `exec` runs the command in the shell's process, so the printed process id is the command's.
    `sh -c 'echo "process $$"; exec "$@"' sh ${command}`,
    'code=$?',
    'echo "ended $code"; stty -a',
  ].join('; ');
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', shell, '/dev/null'], {
    env: { ...env, SHELL: '/bin/sh' },
  });
  let output = '';
  const seen = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text.replaceAll('\u001b', '␛');
    for (const look of seen) look();
  });
  const closed = once(child, 'close');
  const valueOf = (pattern: RegExp): string => {
    const [, value] = pattern.exec(output) ?? [];
    if (value === undefined) throw new Error(`The terminal does not show ${pattern.source}: ${output}`);
    return value;
  };
  return {
    output: () => output,
    async shows(pattern, from = 0) {
      const found = new Promise<void>((resolve) => {
        const look = (): void => {
          if (!pattern.test(output.slice(from))) return;
          seen.delete(look);
          resolve();
        };
        seen.add(look);
        look();
      });
      const gone = closed.then(() => {
        if (!pattern.test(output.slice(from)))
          throw new Error(`The command ended without showing ${pattern.source}: ${JSON.stringify(output)}`);
      });
      await Promise.race([found, gone]);
    },
    type: (keys) => child.stdin.write(keys),
    resize(newColumns, newRows) {
      const terminal = valueOf(/terminal (\S+)/);
      // When the size changes, Linux sends SIGWINCH to the terminal's processes.
      spawnSync('stty', ['-F', terminal, 'cols', String(newColumns), 'rows', String(newRows)]);
    },
    kill: (signal) => process.kill(Number(valueOf(/process (\d+)/)), signal),
    ended: closed.then(() => ({
      code: Number(valueOf(/ended (\d+)/)),
      modes: output.slice(output.lastIndexOf('ended ')),
    })),
  };
}
