import { EnvironmentError, type Problem } from '../model/errors.ts';
import { networksConf } from '../providers/virtualbox/host-only-ranges.ts';
import { isRoot } from '../io/is-root.ts';
import { allowRange } from './allow-range.ts';
import { confirm } from './confirm.ts';
import type { HostExamination } from './examine-host.ts';
import type { Tools } from './tools.ts';

/** Debian packages that mend a problem. */
const packagesFor: Partial<Record<Problem['code'], string[]>> = {
  LAB_VAGRANT_MISSING: ['vagrant'],
  LAB_DOCKER_MISSING: ['docker.io', 'iptables'],
  LAB_TOOL_MISSING: ['openssh-client'],
};

export interface FixOptions {
  /** Do not ask. */
  yes: boolean;
  tools: Tools;
  signal: AbortSignal;
}

/** Mends what it can, each thing after asking. Returns whether anything was done. Throws what it could not do. */
export async function applyFixes(examined: HostExamination, options: FixOptions): Promise<boolean> {
  const packages = [...new Set(examined.problems.flatMap((problem) => packagesFor[problem.code] ?? []))];
  const installed = packages.length > 0 && (await install(packages, options));
  const { refusedSubnet } = examined;
  const { yes, tools, signal } = options;
  const allowed =
    refusedSubnet !== undefined &&
    (await allowRange({
      ...{ file: networksConf, subnet: refusedSubnet, tools, signal },
      confirm: (question) => confirm(question, yes, signal),
    }));
  return installed || allowed;
}

/** Debian and Ubuntu only; the commands are shown before they are run. */
async function install(packages: readonly string[], { yes, tools, signal }: FixOptions): Promise<boolean> {
  const sudo = isRoot() ? [] : ['sudo'];
  const commands = [
    [...sudo, 'apt-get', 'update'],
    [...sudo, 'apt-get', 'install', '-y', ...packages],
  ];
  const shown = commands.map((words) => `  ${words.join(' ')}`).join('\n');
  if (!(await confirm(`These commands are to be run:\n${shown}\nGo on?`, yes, signal))) return false;
  for (const [file = '', ...args] of commands) {
    const result = await tools.exec(file, args, { interactive: true, signal });
    if (result.exitCode !== 0) {
      throw new EnvironmentError('LAB_TOOL_MISSING', `\`${result.command}\` did not succeed.`, {
        command: result.command,
        hint: 'Install the packages by hand.',
      });
    }
  }
  return true;
}
