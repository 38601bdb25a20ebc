import { parseAddress } from '../../model/cidr.ts';
import { CommandError, EnvironmentError } from '../../model/errors.ts';
import type { NetworkRemoval } from '../provider.ts';
import { virtualBoxFailure, type VBoxManage } from './vbox-manage.ts';
import { machinesOnNetwork, type VirtualMachine } from './virtual-machines.ts';

/** A network between this host and its machines. */
export interface HostOnlyNetwork {
  /** VirtualBox's own: `vboxnet0`; of macOS since 7.0 and Vagrant: `vagrantnet-vbox1`. */
  name: string;
  /** This host's address on it; empty where it has none yet. */
  address: string;
  netmask: string;
  /** CIDR of the network; empty where it has no address yet. */
  subnet: string;
  /** A DHCP server of VirtualBox gives out addresses on it. */
  dhcp: boolean;
  /** How VirtualBox makes and removes it: since 7.0 macOS has networks in place of interfaces. */
  kind: 'interface' | 'network';
}

/** Making an interface loads kernel modules at times. */
const changeMs = 60_000;

/** All host-only networks of this host; none without a VirtualBox. Throws LAB_VIRTUALBOX_FAILED. */
export async function listHostOnlyNetworks(
  vboxManage: VBoxManage,
  signal?: AbortSignal,
): Promise<HostOnlyNetwork[]> {
  const [interfaces, networks, servers] = await Promise.all([
    vboxManage.run(['list', 'hostonlyifs'], { signal }),
    // Only macOS has the command; elsewhere it is refused and there are none.
    process.platform === 'darwin' ? vboxManage.run(['list', 'hostonlynets'], { signal }) : undefined,
    vboxManage.run(['list', 'dhcpservers'], { signal }),
  ]);
  if (interfaces.notFound) return [];
  if (interfaces.exitCode !== 0) {
    throw virtualBoxFailure(interfaces, "Listing VirtualBox's host-only interfaces");
  }
  const serving = servedNetworks(servers.exitCode === 0 ? servers.stdout : '');
  return [
    ...parseHostOnlyInterfaces(interfaces.stdout, serving),
    ...(networks?.exitCode === 0 ? parseHostOnlyNetworks(networks.stdout, serving) : []),
  ];
}

/** From `VBoxManage list hostonlyifs`: a group of `Key: value` lines for each, with an empty line after it. */
export function parseHostOnlyInterfaces(
  text: string,
  serving: ReadonlySet<string> = new Set(),
): HostOnlyNetwork[] {
  return records(text).map((field) => {
    const address = field('IPAddress') === '0.0.0.0' ? '' : field('IPAddress');
    return {
      name: field('Name'),
      address,
      netmask: field('NetworkMask'),
      subnet: subnetOf(address, field('NetworkMask')),
      dhcp: serving.has(field('VBoxNetworkName')),
      kind: 'interface',
    };
  });
}

/**
 * From `VBoxManage list hostonlynets` (macOS, 7.0 or later). Of the range LowerIP to UpperIP this host has the lowest
 * address; Vagrant makes networks with the network's own address as both (driver/version_7_0.rb).
 */
export function parseHostOnlyNetworks(
  text: string,
  serving: ReadonlySet<string> = new Set(),
): HostOnlyNetwork[] {
  return records(text).map((field) => ({
    name: field('Name'),
    address: field('LowerIP'),
    netmask: field('NetworkMask'),
    subnet: subnetOf(field('LowerIP'), field('NetworkMask')),
    dhcp: serving.has(field('VBoxNetworkName')),
    kind: 'network',
  }));
}

/** Networks that `VBoxManage list dhcpservers` shows an enabled server for, by VirtualBox's inner names. */
export function servedNetworks(text: string): Set<string> {
  const servers = records(text, 'NetworkName').filter((field) => field('Enabled') === 'Yes');
  return new Set(servers.map((field) => field('NetworkName')));
}

/**
 * Makes a network with this host at the gateway's address; does nothing if there is one with that subnet. A DHCP server that
 * is left from an earlier interface of the name is removed: it would give out the machines' addresses. Throws LAB_NETWORK_FAILED.
 */
export async function createHostOnlyNetwork(
  vboxManage: VBoxManage,
  { subnet, gateway }: { subnet: string; gateway: string },
  signal?: AbortSignal,
): Promise<void> {
  const present = (await listHostOnlyNetworks(vboxManage, signal)).find(
    (network) => network.subnet === subnet,
  );
  // On macOS Vagrant makes what it needs, under names of its own.
  if (present !== undefined || process.platform === 'darwin') return;
  const made = await change(vboxManage, ['hostonlyif', 'create'], subnet, signal);
  const name = /Interface '(.+)' was successfully created/.exec(made)?.[1];
  if (name === undefined) throw networkFailure(subnet, 'VBoxManage hostonlyif create', made);
  const address = ['hostonlyif', 'ipconfig', name, '--ip', gateway, '--netmask', '255.255.255.0'];
  try {
    await change(vboxManage, address, subnet, signal);
  } catch (error) {
    await vboxManage.run(['hostonlyif', 'remove', name], { timeoutMs: changeMs });
    throw error;
  }
  // Fails where there is none.
  await vboxManage.run(['dhcpserver', 'remove', `--interface=${name}`], { signal });
}

/**
 * Removes what has that subnet. One that a machine is on stays: it is left where the machine is somebody else's
 * (`isOwn` false). Throws LAB_VIRTUALBOX_FAILED, also where a machine of the lab is still on it.
 */
export async function removeHostOnlyNetwork(
  vboxManage: VBoxManage,
  subnet: string,
  isOwn: (machine: VirtualMachine) => boolean,
  signal?: AbortSignal,
): Promise<NetworkRemoval> {
  const all = await listHostOnlyNetworks(vboxManage, signal);
  const networks = all.filter((candidate) => candidate.subnet === subnet);
  if (networks.length === 0) return { outcome: 'absent' };
  const longList = await vboxManage.must(['list', '--long', 'vms'], 'Listing machines', { signal });
  const left: string[] = [];
  for (const network of networks) {
    const machines = machinesOnNetwork(longList, network.name);
    const own = machines.filter(isOwn);
    if (own.length > 0) throw stillInUse(network, own);
    if (machines.length === 0) await removeOneNetwork(vboxManage, network, signal);
    else left.push(`${network.name} (${subnet}), which has ${namesOf(machines)} on it`);
  }
  if (left.length === 0) return { outcome: 'removed' };
  return { outcome: 'left', why: `lab has left the host-only network ${left.join(', and ')}.` };
}

function stillInUse({ name }: HostOnlyNetwork, machines: readonly VirtualMachine[]): CommandError {
  const message = `The network ${name} was not removed: ${namesOf(machines)} of the lab is still on it.`;
  const hint = 'Correct what kept the machine from being removed and run the same command again.';
  return new CommandError('LAB_VIRTUALBOX_FAILED', message, { hint });
}

function namesOf(machines: readonly VirtualMachine[]): string {
  return machines.map(({ name }) => name).join(', ');
}

/** With its DHCP server. Throws LAB_VIRTUALBOX_FAILED. */
export async function removeOneNetwork(
  vboxManage: VBoxManage,
  network: HostOnlyNetwork,
  signal?: AbortSignal,
): Promise<void> {
  if (network.dhcp) {
    await vboxManage.run(['dhcpserver', 'remove', `--interface=${network.name}`], { signal });
  }
  await vboxManage.must(removalOf(network), `Removing the network ${network.name}`, {
    signal,
    timeoutMs: changeMs,
  });
}

/** Arguments of VBoxManage that remove the network. */
function removalOf({ kind, name }: HostOnlyNetwork): string[] {
  return kind === 'interface' ? ['hostonlyif', 'remove', name] : ['hostonlynet', 'remove', `--name=${name}`];
}

async function change(
  vboxManage: VBoxManage,
  args: readonly string[],
  subnet: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const result = await vboxManage.run(args, { signal, timeoutMs: changeMs });
  if (result.exitCode === 0) return result.stdout;
  throw networkFailure(subnet, result.command, result.stderr);
}

function networkFailure(subnet: string, command: string, output: string): EnvironmentError {
  return new EnvironmentError('LAB_NETWORK_FAILED', `The host-only network ${subnet} could not be made.`, {
    command,
    output: output.trim(),
    hint: '`lab doctor --provider virtualbox` says what VirtualBox lacks.',
  });
}

type Field = (key: string) => string;

/** Groups of `Key: value` lines. Each begins with `first`: within a group there may be empty lines. */
function records(text: string, first = 'Name'): Field[] {
  const groups = text
    .split(new RegExp(`^(?=${first}:)`, 'm'))
    .filter((group) => group.startsWith(`${first}:`));
  return groups.map(
    (group) => (key) => new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(group)?.[1]?.trim() ?? '',
  );
}

function subnetOf(address: string, netmask: string): string {
  const number = parseAddress(address);
  const mask = parseAddress(netmask);
  if (number === undefined || mask === undefined) return '';
  const bits = mask.toString(2).replaceAll('0', '').length;
  const size = 2 ** (32 - bits);
  const base = Math.floor(number / size) * size;
  const parts = [24, 16, 8, 0].map((shift) => String(Math.floor(base / 2 ** shift) % 256));
  return `${parts.join('.')}/${bits}`;
}
