import { UsageError } from '../../model/errors.ts';
import { labEnvironment } from '../lab-environment.ts';
import { openState } from '../open-lab.ts';
import { printJson } from '../print.ts';
import { createTools } from '../tools.ts';

const shells: Record<string, (name: string, value: string) => string> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
};

/** `lab env`: assignments for the shell, to be evaluated there. */
export async function env(name: string | undefined, options: { shell: string; json?: true }): Promise<void> {
  const tools = createTools();
  const variables = labEnvironment(await openState(name, tools), tools.home);
  if (options.json) {
    printJson(variables);
    return;
  }
  const assign = shells[options.shell];
  if (assign === undefined) {
    throw new UsageError('LAB_USAGE', `"${options.shell}" is no shell that lab knows.`, {
      hint: 'Use --shell sh or fish.',
    });
  }
  // Byte for byte: this is read by a shell.
  for (const [variable, value] of Object.entries(variables))
    process.stdout.write(`${assign(variable, value)}\n`);
}
