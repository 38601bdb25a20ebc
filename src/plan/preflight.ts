import { count } from '../model/count.ts';
import type { Problem } from '../model/errors.ts';
import type { Facts, HostFacts } from '../model/facts.ts';
import type { Machine } from '../model/machine.ts';

/**
 * Megabytes of disk for what all machines share, where it is not there yet and where it is, and for each machine's own
 * writes. docker: the node image and its layers. virtualbox: the box, and the unpacked disk that the machines are clones
 * of (Flatcar: 0.5 GB and 1.2 GB); each machine's differences, images of the chapter included.
 */
const diskNeeds: Record<string, { missing: number; present: number; machine: number }> = {
  docker: { missing: 1500, present: 0, machine: 300 },
  virtualbox: { missing: 2000, present: 1300, machine: 700 },
};
const unknownNeed = { missing: 1500, present: 1500, machine: 700 };

/** What speaks against bringing these machines up here: memory, disk, quorum. Pure; the tools' own problems are in `facts`. */
export function preflight(
  machines: readonly Machine[],
  memberRole: string | undefined,
  facts: Facts,
): Problem[] {
  const seen = new Map(facts.machines.map(({ name, state }) => [name, state]));
  const toStart = machines.filter((machine) => seen.get(machine.name) !== 'running');
  const toMake = toStart.filter((machine) => seen.get(machine.name) !== 'stopped');
  const fits =
    (missing: readonly Machine[]): Fits =>
    (free, need) =>
      nodesThatFit(machines, missing, memberRole, free, need);
  return [
    ...facts.problems,
    ...memory(toStart, fits(toStart), facts),
    ...disk(toMake, fits(toMake), facts),
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

type Fits = (free: number, need: (machine: Machine) => number) => number;

/**
 * The largest number of nodes for which there is room, those that are there counted, beside the machines of other roles.
 * At most one fewer than asked for: called where there is no room for all that are missing.
 */
function nodesThatFit(
  machines: readonly Machine[],
  missing: readonly Machine[],
  memberRole: string | undefined,
  free: number,
  need: (machine: Machine) => number,
): number {
  const role = memberRole ?? machines[0]?.role;
  const nodes = missing.filter((machine) => machine.role === role);
  const others = missing.filter((machine) => machine.role !== role);
  const left = free - sum(others.map(need));
  const more = nodes.length === 0 ? 0 : Math.floor(left / Math.max(...nodes.map(need)));
  const there = machines.filter((machine) => machine.role === role).length - nodes.length;
  return more < 0 ? 0 : there + Math.min(more, nodes.length - 1);
}

function memory(toStart: readonly Machine[], fits: Fits, facts: Facts): Problem[] {
  const needed = sum(toStart.map((machine) => machine.memoryMb));
  if (needed <= facts.freeMemoryMb) return [];
  const fit = fits(facts.freeMemoryMb, (machine) => machine.memoryMb);
  return [
    {
      code: 'LAB_MEMORY_LOW',
      severity: 'error',
      message: `${count(toStart.length, 'machine')} ${toStart.length === 1 ? 'needs' : 'need'} ${needed} MB and ${facts.freeMemoryMb} MB are free.`,
      fix:
        fit > 0
          ? `Close programs, or use --nodes ${fit}: so many fit.`
          : 'Close programs, or give the nodes less with --memory.',
    },
  ];
}

function disk(toMake: readonly Machine[], fits: Fits, facts: Facts): Problem[] {
  if (toMake.length === 0) return [];
  const { missing, present, machine: each } = diskNeeds[facts.provider.name] ?? unknownNeed;
  const isPresent = facts.provider.image?.present === true || facts.boxes.length > 0;
  const shared = isPresent ? present : missing;
  const needed = shared + toMake.length * each;
  if (needed <= facts.freeDiskMb) return [];
  const fit = fits(facts.freeDiskMb - shared, () => each);
  const where = 'Free some disk space there, or set LAB_HOME to a folder on another disk';
  return [
    {
      code: 'LAB_DISK_LOW',
      severity: 'error',
      message: `About ${needed} MB of disk are needed and ${facts.freeDiskMb} MB are free where lab keeps its files.`,
      fix: fit > 0 ? `${where}; or use --nodes ${fit}: so many fit.` : `${where}.`,
    },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
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
