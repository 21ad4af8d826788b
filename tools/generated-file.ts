import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** Formats a generated file like every other file in the project. @param file its absolute path */
export async function formatted(file: string, content: string): Promise<string> {
  return format(content, { ...(await resolveConfig(file)), filepath: file });
}

/** Formats and writes a generated file. @param file its absolute path */
export async function writeGenerated(file: string, content: string): Promise<void> {
  await writeFile(file, await formatted(file, content));
}
