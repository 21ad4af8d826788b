import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** The content of a generated file, formatted like every file of the project. @param file its absolute path */
export async function formatted(file: string, content: string): Promise<string> {
  return format(content, { ...(await resolveConfig(file)), filepath: file });
}

/** Formats and writes a generated file. @param file its absolute path */
export async function writeGenerated(file: string, content: string): Promise<void> {
  await writeFile(file, await formatted(file, content));
}
