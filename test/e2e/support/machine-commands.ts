import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Standard output of a command that must work, without the last newline. */
export async function output(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeout?: number } = {},
): Promise<string> {
  const { stdout } = await run(file, args, { timeout: 60_000, ...options });
  return stdout.trimEnd();
}

/** Standard output of a `docker` command on the sandbox's engine. */
export function docker(...args: string[]): Promise<string> {
  return output('docker', args);
}

/** The lines of what a `docker` command prints, sorted. */
export async function dockerLines(...args: string[]): Promise<string[]> {
  const text = await docker(...args);
  return text === '' ? [] : text.split('\n').sort();
}
