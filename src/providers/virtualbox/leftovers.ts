import { sizeOf } from '../../io/folder-size.ts';
import type { Clock } from '../../io/clock.ts';
import type { FoundLeftover, LeftoverStanding } from '../../model/leftover.ts';
import type { Claim, Ownership } from '../../state/lab-life.ts';
import { listHostOnlyNetworks, removeOneNetwork, type HostOnlyNetwork } from './host-only-networks.ts';
import { readMachineInfo } from './machine-info.ts';
import { abandonedImports, removeMachines, unclaimedMachines } from './remove-machines.ts';
import type { VBoxManage } from './vbox-manage.ts';
import { networksIn, parseMachines, type VirtualMachine } from './virtual-machines.ts';

export interface VirtualBoxQuestion {
  vboxManage: VBoxManage;
  clock: Clock;
  /** VAGRANT_HOME. */
  vagrantHome: string;
  /** Whose a mark is. */
  judge: (claim: Claim) => Promise<Ownership>;
  /** Private networks of the labs that are here; undefined where the state of one cannot be read. */
  subnets: () => Promise<readonly string[] | undefined>;
  signal?: AbortSignal;
}

export interface VirtualBoxSearch {
  found: FoundLeftover[];
  /** Of the machines with a mark, also those that are nobody's leftover. */
  marks: { lab: string; ownership: Ownership }[];
  machines: VirtualMachine[];
  skipped?: string;
}

/** VirtualBox for Windows makes it when it is installed; it stays without machines. */
const installedByVirtualBox = 'VirtualBox Host-Only Ethernet Adapter';

/** No import of a box takes longer. */
const importMs = 60 * 60_000;

/**
 * Machines whose description names a lab that is gone. `uncertain`: machines that a killed Vagrant was importing, which
 * only their names tell, and host-only networks without any machine, which another program may have made.
 */
export async function findVirtualBoxLeftovers(question: VirtualBoxQuestion): Promise<VirtualBoxSearch> {
  const { vboxManage, judge, signal } = question;
  const [listed, networks] = await Promise.all([
    vboxManage.run(['list', '--long', 'vms'], { signal }),
    listHostOnlyNetworks(vboxManage, signal).catch(() => []),
  ]);
  if (listed.exitCode !== 0) {
    const reason = listed.notFound
      ? 'there is no VBoxManage on PATH'
      : (listed.stderr.trim().split('\n')[0] ?? '');
    return { found: [], marks: [], machines: [], skipped: `VirtualBox: ${reason}` };
  }
  const machines = parseMachines(listed.stdout);
  const marked = await Promise.all(
    machines.flatMap((machine) => {
      const { mark } = machine;
      if (mark === undefined) return [];
      const owned = judge({ lab: mark.lab, folder: mark.project });
      return [owned.then((ownership) => ({ machine, lab: mark.lab, ownership }))];
    }),
  );
  const left = marked.filter(({ ownership }) => ownership.life === 'gone');
  const subnets = await question.subnets();
  const empty = subnets === undefined ? [] : emptyNetworks(networks, listed.stdout, subnets);
  return {
    found: [
      ...(await Promise.all(left.map((each) => leftMachine(each, question)))),
      ...(await halfMade(machines, question)),
      ...empty.map((network) => leftNetwork(network, vboxManage)),
    ],
    marks: marked.map(({ lab, ownership }) => ({ lab, ownership })),
    machines,
  };
}

async function leftMachine(
  { machine, lab, ownership }: { machine: VirtualMachine; lab: string; ownership: Ownership },
  question: VirtualBoxQuestion,
): Promise<FoundLeftover> {
  const found = await machineLeftover(machine, 'left', ownership.why, question);
  const { place } = ownership;
  return {
    ...found,
    leftover: { ...found.leftover, lab },
    ...(place === undefined ? {} : { owner: place }),
  };
}

/** Vagrant names a machine that it imports `BOX_TIME_NUMBER`, and one whose project it has lost as well. */
async function halfMade(
  machines: readonly VirtualMachine[],
  question: VirtualBoxQuestion,
): Promise<FoundLeftover[]> {
  // One that is being imported in this moment looks the same.
  const now = question.clock.now();
  const old = machines.filter(({ name }) => now - Number(/_(\d{13})_/.exec(name)?.[1] ?? 0) > importMs);
  const named = machines.filter(
    ({ name, mark, state }) =>
      mark === undefined && name.startsWith('chapterlab-') && state === 'powered off',
  );
  const found = [
    ...(await abandonedImports(old, 0, question.vagrantHome)),
    ...(await unclaimedMachines(named, question.vagrantHome)),
  ];
  const why =
    'no project of Vagrant knows it; a killed import leaves such machines, and so does a deleted project';
  return Promise.all(found.map((machine) => machineLeftover(machine, 'uncertain', why, question)));
}

async function machineLeftover(
  machine: VirtualMachine,
  standing: LeftoverStanding,
  why: string,
  { vboxManage, clock }: VirtualBoxQuestion,
): Promise<FoundLeftover> {
  const { name, state, folder } = machine;
  const bytes = folder === undefined ? 0 : await sizeOf(folder);
  return {
    leftover: {
      standing,
      what: `machine ${name}`,
      where: `VirtualBox, ${state}`,
      why,
      ...(bytes === 0 ? {} : { bytes }),
    },
    remove: async (signal) => {
      if ((await readMachineInfo(vboxManage, machine.id, signal)) === 'absent') return;
      await removeMachines(vboxManage, [machine], clock, signal);
    },
  };
}

/** `longList`: what `VBoxManage list --long vms` printed, which names the networks that machines are on. */
export function emptyNetworks(
  networks: readonly HostOnlyNetwork[],
  longList: string,
  subnets: readonly string[],
): HostOnlyNetwork[] {
  const inUse = new Set(networksIn(longList));
  return networks.filter(
    ({ name, subnet }) => !inUse.has(name) && !subnets.includes(subnet) && name !== installedByVirtualBox,
  );
}

function leftNetwork(network: HostOnlyNetwork, vboxManage: VBoxManage): FoundLeftover {
  const { name, subnet } = network;
  return {
    leftover: {
      standing: 'uncertain',
      what: `network ${name}`,
      where: subnet === '' ? 'VirtualBox' : `VirtualBox, ${subnet}`,
      why: 'no machine is on it, and it is of no lab here; another program may have made it',
    },
    remove: (signal) => removeOneNetwork(vboxManage, network, signal),
  };
}
