import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a program can be called by its name alone. */
export function isOnPath(program: string, env: NodeJS.ProcessEnv): boolean {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return (env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program + suffix)));
}
