import type { Problem } from '../model/errors.ts';
import type { Facts, HostFacts } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';

/** The node image, its layers and the machines' own writes. */
const imageMb = 1500;
const machineMb = 300;

/** What speaks against bringing these machines up here: memory, disk, quorum. Pure; the tools' own problems are in `facts`. */
export function preflight(
  machines: readonly Machine[],
  memberRole: string | undefined,
  facts: Facts,
): Problem[] {
  const made = new Set(facts.machines.filter((seen) => seen.state === 'running').map((seen) => seen.name));
  const toStart = machines.filter((machine) => !made.has(machine.name));
  return [
    ...facts.problems,
    ...memory(toStart, facts),
    ...disk(toStart, facts),
    ...quorum(machines, memberRole),
  ];
}

/** What is wrong with the files of this host that the lab would write to. A damaged file is never written, so it is said before anything is made. */
export function hostPreflight(
  host: Pick<HostFacts, 'hosts' | 'sshConfig'>,
  { hostsFile, sshConfigFile }: { hostsFile: string | undefined; sshConfigFile: string | undefined },
): Problem[] {
  const damaged = (code: Problem['code'], file: string, option: string): Problem => ({
    code,
    severity: 'error',
    message: `The lab's block in ${file} is damaged.`,
    fix: `Restore or remove the block by hand, its marker lines (\`# >>> lab\`, \`# <<< lab\`) included; or use ${option}.`,
  });
  return [
    ...(host.hosts === 'damaged' ? [damaged('LAB_HOSTS_DAMAGED', hostsFile ?? '', '--no-hosts')] : []),
    ...(host.sshConfig === 'damaged'
      ? [damaged('LAB_SSH_CONFIG_DAMAGED', sshConfigFile ?? '', '--no-ssh-config')]
      : []),
  ];
}

function memory(toStart: readonly Machine[], facts: Facts): Problem[] {
  const needed = toStart.reduce((sum, machine) => sum + machine.memoryMb, 0);
  if (needed <= facts.freeMemoryMb) return [];
  const each = Math.max(...toStart.map((machine) => machine.memoryMb));
  const fit = Math.floor(facts.freeMemoryMb / each);
  return [
    {
      code: 'LAB_MEMORY_LOW',
      severity: 'error',
      message: `${toStart.length} machines need ${needed} MB and ${facts.freeMemoryMb} MB are free.`,
      fix:
        fit > 0
          ? `Close programs, or use --nodes ${fit}: so many fit.`
          : 'Close programs, or give the nodes less with --memory.',
    },
  ];
}

function disk(toStart: readonly Machine[], facts: Facts): Problem[] {
  if (toStart.length === 0) return [];
  const needed = (facts.provider.image?.present === true ? 0 : imageMb) + toStart.length * machineMb;
  if (needed <= facts.freeDiskMb) return [];
  return [
    {
      code: 'LAB_DISK_LOW',
      severity: 'error',
      message: `About ${needed} MB of disk are needed and ${facts.freeDiskMb} MB are free where lab keeps its files.`,
      fix: 'Free some disk space there, or set LAB_HOME to a folder on another disk.',
    },
  ];
}

function quorum(machines: readonly Machine[], memberRole: string | undefined): Problem[] {
  const nodes = machines.filter((machine) => machine.role === memberRole).length;
  if (nodes === 0 || nodes % 2 === 1) return [];
  return [
    {
      code: 'LAB_PARAMETER_INVALID',
      severity: 'warning',
      message: `${nodes} nodes tolerate no more failures than ${nodes - 1}: a quorum of ${nodes} is ${nodes / 2 + 1}.`,
      fix: `Use ${nodes - 1} or ${nodes + 1} nodes.`,
    },
  ];
}
