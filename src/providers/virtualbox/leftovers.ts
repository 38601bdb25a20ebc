import { sep } from 'node:path';
import type { Problem } from '../../model/errors.ts';
import { listHostOnlyNetworks, removalOf, type HostOnlyNetwork } from './host-only-networks.ts';
import type { VBoxManage } from './vbox-manage.ts';
import { parseMachines, type VirtualMachine } from './virtual-machines.ts';

/** The labs that have state here. */
export interface KnownLabs {
  names: readonly string[];
  /** LAB_HOME without symbolic links, which their folders are in. */
  home: string;
  /** Their private networks; undefined where the state of one cannot be read. */
  subnets: readonly string[] | undefined;
}

/** VirtualBox for Windows makes it when it is installed; it stays without machines. */
const installedByVirtualBox = 'VirtualBox Host-Only Ethernet Adapter';

/** LAB_LEFTOVERS for machines of labs that are gone, and for host-only networks without any machine on them. */
export async function readLeftovers(
  vboxManage: VBoxManage,
  labs: KnownLabs,
  exists: (path: string) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<Problem[]> {
  const [machines, networks] = await Promise.all([
    vboxManage.run(['list', '--long', 'vms'], { signal }),
    listHostOnlyNetworks(vboxManage, signal).catch(() => []),
  ]);
  if (machines.exitCode !== 0) return [];
  return [
    ...leftoverMachines(await machinesOfNoLab(parseMachines(machines.stdout), labs, exists)),
    ...(labs.subnets === undefined ? [] : emptyNetworks(networks, machines.stdout, labs.subnets)),
  ];
}

/**
 * Machines whose description names the folder of a lab that is gone. One in another LAB_HOME is there; one in this LAB_HOME
 * must have state, too.
 */
export async function machinesOfNoLab(
  machines: readonly VirtualMachine[],
  { names, home }: Pick<KnownLabs, 'names' | 'home'>,
  exists: (path: string) => Promise<boolean>,
): Promise<VirtualMachine[]> {
  const isLeft = await Promise.all(
    machines.map(async ({ mark }) => {
      if (mark === undefined) return false;
      const isOurs = mark.project.startsWith(home + sep);
      return (isOurs && !names.includes(mark.lab)) || !(await exists(mark.project));
    }),
  );
  return machines.filter((_, index) => isLeft[index]);
}

function leftoverMachines(left: readonly VirtualMachine[]): Problem[] {
  if (left.length === 0) return [];
  const shown = left.map(({ name, mark, state }) => `${name} (lab ${mark?.lab ?? ''}, ${state})`);
  const commands = left.flatMap(({ id, state }) => [
    ...(state === 'running' ? [`\`VBoxManage controlvm ${id} poweroff\``] : []),
    `\`VBoxManage unregistervm ${id} --delete\``,
  ]);
  return [
    {
      code: 'LAB_LEFTOVERS',
      severity: 'warning',
      message: `VirtualBox has machines of labs that are gone: ${shown.join(', ')}.`,
      fix: `Remove them with their disks: ${commands.join(', ')}.`,
    },
  ];
}

/** `longList`: what `VBoxManage list --long vms` printed, which names the networks that machines are on. */
export function emptyNetworks(
  networks: readonly HostOnlyNetwork[],
  longList: string,
  subnets: readonly string[],
): Problem[] {
  const inUse = new Set([...longList.matchAll(attachment)].map((match) => match[1] ?? ''));
  const empty = networks.filter(
    ({ name, subnet }) => !inUse.has(name) && !subnets.includes(subnet) && name !== installedByVirtualBox,
  );
  if (empty.length === 0) return [];
  const shown = empty.map(({ name, subnet }) => (subnet === '' ? name : `${name} (${subnet})`));
  const commands = empty.map((network) => `\`VBoxManage ${removalOf(network).map(quoted).join(' ')}\``);
  return [
    {
      code: 'LAB_LEFTOVERS',
      severity: 'warning',
      message: `No machine is on the host-only networks ${shown.join(', ')}. Labs do not take their ranges.`,
      fix: `Where nothing else needs them: ${commands.join(', ')}.`,
    },
  ];
}

const attachment = /Attachment: Host[- ]only (?:Interface|Network) '([^'\n]+)'/gi;

function quoted(word: string): string {
  return word.includes(' ') ? `"${word}"` : word;
}
