import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOnPath } from '../io/on-path.ts';
import { errorText } from '../io/system-error.ts';
import type { LabState } from '../model/lab-state.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { DockerCli } from '../providers/docker/docker-cli.ts';
import { findUnusedImages } from '../providers/docker/image-leftovers.ts';
import { findDockerLeftovers } from '../providers/docker/leftovers.ts';
import { findRootfsLeftovers } from '../providers/docker/rootfs-leftovers.ts';
import { findVirtualBoxLeftovers } from '../providers/virtualbox/leftovers.ts';
import { findUnusedBoxes, type BoxEntry } from '../providers/virtualbox/unused-boxes.ts';
import { VBoxManage } from '../providers/virtualbox/vbox-manage.ts';
import type { VirtualMachine } from '../providers/virtualbox/virtual-machines.ts';
import { readOwnership, type Claim, type Ownership } from '../state/lab-life.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import { packageFolders } from './package-folders.ts';
import { entriesOfKind, type SharedEntries } from './shared-entries.ts';
import { subnetsOfLabs } from './subnets-of-labs.ts';
import type { Tools } from './tools.ts';

/** A machine's mark, and whose it is. */
export interface OwnedMark {
  lab: string;
  ownership: Ownership;
}

export interface ProviderLeftovers {
  found: FoundLeftover[];
  /** Of all machines, also those that are nobody's leftover. */
  marks: OwnedMark[];
  skipped: string[];
  /** Entries of the journal of what labs share whose thing is not there any more. */
  gone: number[];
  /** Providers that were looked at. */
  seen: string[];
}

interface Part {
  found: FoundLeftover[];
  marks?: OwnedMark[];
  gone?: number[];
  skipped?: string | undefined;
}

/** What the providers have of labs that are gone. A provider that is missing or fails is named in `skipped`. */
export async function findProviderLeftovers(
  tools: Tools,
  shared: SharedEntries,
  signal: AbortSignal,
): Promise<ProviderLeftovers> {
  const judge = (claim: Claim): Promise<Ownership> => readOwnership(claim, tools.home);
  const [virtualBox, docker] = await Promise.all([
    attempt('VirtualBox', signal, () => virtualBoxLeftovers(judge, tools, shared, signal)),
    attempt('Docker', signal, () => dockerLeftovers(judge, tools, shared, signal)),
  ]);
  const parts = [...virtualBox, ...docker, { found: await findRootfsLeftovers(tmpdir(), tools.clock) }];
  return {
    found: parts.flatMap((part) => part.found),
    marks: parts.flatMap((part) => part.marks ?? []),
    skipped: parts.flatMap((part) => part.skipped ?? []),
    gone: parts.flatMap((part) => part.gone ?? []),
    seen: [
      ...(virtualBox[0]?.skipped === undefined ? ['virtualbox'] : []),
      ...(docker[0]?.skipped === undefined ? ['docker'] : []),
    ],
  };
}

/** Labs that have state and no machine: no leftovers, for `lab up` goes on with them. */
export function labsWithoutMachines(
  states: readonly LabState[],
  { marks, seen }: Pick<ProviderLeftovers, 'marks' | 'seen'>,
  home: string,
): string[] {
  const here = new Set(
    marks.flatMap(({ ownership: { place } }) => (place?.home === home ? [place.lab] : [])),
  );
  return states
    .filter(({ lab, provider, machines }) => seen.includes(provider) && machines.length > 0 && !here.has(lab))
    .map(({ lab }) => lab);
}

async function dockerLeftovers(
  judge: (claim: Claim) => Promise<Ownership>,
  { exec, cache }: Tools,
  shared: SharedEntries,
  signal: AbortSignal,
): Promise<Part[]> {
  const docker = new DockerCli(exec);
  const search = await findDockerLeftovers(docker, judge, signal);
  if (search.skipped !== undefined) return [search];
  const imageDir = join(packageFolders.vagrantDir, 'node-image');
  const question = { imageDir, cacheDir: cache, entries: entriesOfKind(shared, 'image') };
  const images = await attempt('images', signal, async () => [
    await findUnusedImages(docker, question, signal),
  ]);
  return [search, ...images];
}

async function virtualBoxLeftovers(
  judge: (claim: Claim) => Promise<Ownership>,
  tools: Tools,
  shared: SharedEntries,
  signal: AbortSignal,
): Promise<Part[]> {
  const vboxManage = new VBoxManage(tools.exec);
  const vagrantHome = ownVagrantHome();
  const { clock } = tools;
  const subnets = (): Promise<string[] | undefined> => subnetsOfLabs(tools);
  const search = await findVirtualBoxLeftovers({ vboxManage, clock, vagrantHome, judge, subnets, signal });
  // Boxes stay when VirtualBox goes.
  if (search.skipped !== undefined && isOnPath('VBoxManage', process.env)) return [search];
  const entries = entriesOfKind(shared, 'box');
  const machines = search.skipped === undefined ? search.machines : undefined;
  const boxes = await attempt("Vagrant's boxes", signal, () => boxLeftovers(entries, machines, tools));
  return [search, ...boxes];
}

async function boxLeftovers(
  entries: readonly BoxEntry[],
  machines: readonly VirtualMachine[] | undefined,
  { exec, clock }: Tools,
): Promise<Part[]> {
  if (entries.length === 0) return [];
  if (!isOnPath('vagrant', process.env)) throw new Error('there is no vagrant on PATH');
  const vboxManage = new VBoxManage(exec);
  return [await findUnusedBoxes({ exec, vboxManage, clock, entries, machines })];
}

/** What one part cannot tell must not hide what the others do. */
async function attempt(part: string, signal: AbortSignal, look: () => Promise<Part[]>): Promise<Part[]> {
  try {
    return await look();
  } catch (error) {
    signal.throwIfAborted();
    return [{ found: [], skipped: `${part}: ${errorText(error)}` }];
  }
}
