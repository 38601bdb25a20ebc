import { EnvironmentError, type Problem } from '../model/errors.ts';
import { createPrivateDirectory } from '../io/files.ts';
import { changeSystemFile } from '../host/change-system-file.ts';
import { SudoWriteError } from '../host/sudo-write.ts';
import { allowInNetworksConf, networksConf } from '../providers/virtualbox/host-only-ranges.ts';
import { readIfThere } from '../host/rewrite-file.ts';
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
  const allowed = refusedSubnet !== undefined && (await allowSubnet(refusedSubnet, options));
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

/** Adds the line to networks.conf that makes VirtualBox allow the network. Throws LAB_RANGE_REFUSED where it cannot be written. */
async function allowSubnet(subnet: string, { yes, tools, signal }: FixOptions): Promise<boolean> {
  const before = await readIfThere(networksConf);
  const line = allowInNetworksConf(before, subnet)
    .subarray(before?.length ?? 0)
    .toString()
    .trim();
  const what =
    before === undefined
      ? `The file ${networksConf} is to be made`
      : `A line is to be added to ${networksConf}`;
  if (!(await confirm(`${what}:\n  ${line}\nGo on?`, yes, signal))) return false;
  await createPrivateDirectory(tools.home);
  try {
    await changeSystemFile({
      exec: tools.exec,
      file: networksConf,
      edit: (content) => allowInNetworksConf(content, subnet),
      stagingDir: tools.home,
      isRoot: isRoot(),
      signal,
    });
  } catch (error) {
    if (!(error instanceof SudoWriteError)) throw error;
    throw new EnvironmentError('LAB_RANGE_REFUSED', error.message, {
      command: error.command,
      hint: `Add this line to ${networksConf} by hand: ${line}`,
      cause: error,
    });
  }
  return true;
}

function isRoot(): boolean {
  return process.geteuid === undefined || process.geteuid() === 0;
}
