import { dirname } from 'node:path';
import type { VBoxManage } from './vbox-manage.ts';

/** A machine that is registered with this user's VirtualBox, Vagrant's or not. */
export interface VirtualMachine {
  id: string;
  name: string;
  /** VirtualBox's word: `powered off`, `running`, `saved`, `aborted`, `paused`, `guru meditation`, ...; `inaccessible`. */
  state: string;
  /** What our Vagrantfile wrote into the machine's description, see `machineMark`. */
  mark: MachineMark | undefined;
  /** Where its files are; VirtualBox does not say it of one that is inaccessible. */
  folder?: string;
}

/** Says in a machine's description which lab it belongs to. */
export interface MachineMark {
  lab: string;
  machine: string;
  /** The project folder, as Ruby's `__dir__` gives it: without symbolic links. */
  project: string;
}

const markLine = /^chapterlab (\{.*\})$/m;

/**
 * All registered machines, from one call of `VBoxManage list --long vms` (about 60 ms for a handful of machines).
 * The format is that of VirtualBox 7.2: lines of `Key:   value`, one paragraph group per machine.
 */
export async function listMachines(
  vboxManage: VBoxManage,
  signal?: AbortSignal,
): Promise<VirtualMachine[] | undefined> {
  const result = await vboxManage.run(['list', '--long', 'vms'], { signal });
  return result.exitCode === 0 ? parseMachines(result.stdout) : undefined;
}

export function parseMachines(text: string): VirtualMachine[] {
  return machineTexts(text).map((machine) => parseMachine(machine.name, machine.text));
}

function machineTexts(text: string): { name: string; text: string }[] {
  // Only a machine's own name is followed by its groups: descriptions and snapshots hold what people write.
  const starts = [...text.matchAll(/^Name: +(.*)\n(?:Encryption: .*\n)?Groups: /gm)];
  return starts.map((start, index) => ({
    name: start[1] ?? '',
    text: text.slice(start.index, starts[index + 1]?.index),
  }));
}

/** The machines whose network cards are on a host-only network. `longList`: what `VBoxManage list --long vms` printed. */
export function machinesOnNetwork(longList: string, network: string): VirtualMachine[] {
  return machineTexts(longList).flatMap(({ name, text }) => {
    return networksIn(text).includes(network) ? [parseMachine(name, text)] : [];
  });
}

/** Names of the host-only networks that machines are on, as `VBoxManage list --long vms` prints them. */
export function networksIn(longList: string): string[] {
  return [...longList.matchAll(attachment)].map((match) => match[1] ?? '');
}

const attachment = /Attachment: Host[- ]only (?:Interface|Network) '([^'\n]+)'/gi;

function parseMachine(name: string, text: string): VirtualMachine {
  const field = (key: string): string => new RegExp(`^${key}: +(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const state = field('State').replace(/ \(since .*$/, '');
  const configFile = field('Config file');
  return {
    id: field('UUID'),
    name: name.trim(),
    state: state === '' ? 'inaccessible' : state,
    mark: parseMark(text),
    ...(configFile === '' ? {} : { folder: dirname(configFile) }),
  };
}

function parseMark(text: string): MachineMark | undefined {
  const json = markLine.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    const { lab, machine, project } = JSON.parse(json) as Partial<MachineMark>;
    return lab === undefined || machine === undefined || project === undefined
      ? undefined
      : { lab, machine, project };
  } catch {
    // Somebody edited it: then it is a machine like any other.
    return undefined;
  }
}
