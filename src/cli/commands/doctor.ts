import { EnvironmentError } from '../../model/errors.ts';
import { doctorJson, doctorText } from '../../report/doctor-text.ts';
import type { CommandInput } from '../command-input.ts';
import { applyFixes } from '../doctor-fixes.ts';
import { examineHost } from '../examine-host.ts';
import { print, printJson } from '../print.ts';
import { createTools } from '../tools.ts';

interface DoctorOptions {
  provider: string;
  fix?: true;
  offline?: true;
  yes?: boolean;
  json?: true;
}

/** `lab doctor`: all that stands between this machine and a lab. Exits 4 when something does. */
export async function doctor(
  name: string,
  options: DoctorOptions,
  { signal, setExitCode }: CommandInput,
): Promise<void> {
  const offline = options.offline === true;
  if (offline) process.env['LAB_OFFLINE'] = '1';
  const tools = createTools();
  const { provider } = options;
  const examine = (): ReturnType<typeof examineHost> =>
    examineHost({ name, provider, offline, tools, signal });
  let examined = await examine();
  if (options.fix && (await applyFixes(examined, { yes: options.yes === true, tools, signal }))) {
    examined = await examine();
  }
  const errors = examined.problems.filter((problem) => problem.severity === 'error');
  if (options.json) {
    printJson(doctorJson(examined));
    if (errors.length > 0) setExitCode(4);
    return;
  }
  print(doctorText(examined));
  if (errors.length > 0) {
    const codes = [...new Set(errors.map((problem) => problem.code))];
    throw new EnvironmentError(
      'LAB_PREFLIGHT',
      `This machine is not ready for ${name}: ${codes.join(', ')}.`,
      {
        hint: 'Follow the fix of each error above, then run `lab doctor` again.',
      },
    );
  }
  print(`This machine is ready for \`lab up ${name}\`.`);
}
