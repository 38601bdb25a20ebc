import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { findDownloadLeftovers } from '../artifacts/download-leftovers.ts';
import { findBoxLeftovers } from '../boxes/box-leftovers.ts';
import { findAgentLeftovers } from '../host/agent-leftovers.ts';
import { findHostsLeftovers } from '../host/hosts-leftovers.ts';
import { systemHostsFile } from '../host/hosts-file.ts';
import { findSshConfigLeftovers } from '../host/ssh-config-leftovers.ts';
import { sshFiles } from '../host/ssh-config.ts';
import { SshInclude } from '../host/ssh-include.ts';
import { errorText } from '../io/system-error.ts';
import type { LabState } from '../model/lab-state.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { listHostOnlyNetworks } from '../providers/virtualbox/host-only-networks.ts';
import { VBoxManage } from '../providers/virtualbox/vbox-manage.ts';
import { userSshConfig } from '../run/host-set-up.ts';
import { findFolderLeftovers, labFolderNames } from '../state/folder-leftovers.ts';
import { labDir, labPaths } from '../state/lab-home.ts';
import { isGone, otherOwner, readLabLife } from '../state/lab-life.ts';
import { findLockLeftovers } from '../state/lock-leftovers.ts';
import { listLabs } from '../state/state-file.ts';
import { findAllowedRanges } from './allowed-range-leftovers.ts';
import { findProviderLeftovers, labsWithoutMachines, type OwnedMark } from './find-provider-leftovers.ts';
import { openStates } from './open-lab.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import { removeHostsBlock, stagingFolder } from './remove-hosts-block.ts';
import { entriesOfKind, readSharedEntries, type SharedEntries } from './shared-entries.ts';
import { subnetsOfLabs } from './subnets-of-labs.ts';
import type { Tools } from './tools.ts';

export interface LeftoversFound {
  found: FoundLeftover[];
  skipped: string[];
  notes: string[];
  /** Entries of the journal of what labs share whose thing is not there any more. */
  gone: number[];
}

export interface FindRequest {
  /** In place of the system's hosts file. */
  hostsFile: string | undefined;
  /** Asks before sudo is used. */
  confirm: (question: string) => Promise<boolean>;
  tools: Tools;
  signal: AbortSignal;
}

/** Looks at all that labs may leave on this computer. Changes nothing. In the order in which things can be removed. */
export async function findLeftovers(request: FindRequest): Promise<LeftoversFound> {
  const { tools, signal } = request;
  const { home, cache, clock, exec } = tools;
  const shared = await readSharedEntries(tools);
  const providers = await findProviderLeftovers(tools, shared, signal);
  const ranges = await rangeLeftovers(request, shared);
  const { states } = await openStates(await listLabs(home), tools);
  const hosts = await hostsLeftovers(request, states, providers.marks);
  const locks = await findLockLeftovers(home, clock);
  const labs = await namesOfLabs(home, [...providers.found, ...hosts, ...locks]);
  const temporaryDir = tmpdir();
  const agents = await findAgentLeftovers({
    ...{ exec, clock, home, labs, temporaryDir },
    stagingDir: stagingFolder(home),
    userAgent: process.env['SSH_AUTH_SOCK'],
  });
  const sshConfig = userSshConfig();
  const found = [
    ...providers.found,
    ...hosts,
    ...agents,
    ...locks,
    ...(await findFolderLeftovers(home)),
    ...(await findSshConfigLeftovers({
      file: sshConfig,
      include: new SshInclude({ file: sshConfig, home, clock, signal }),
      isNeeded: () => someLabHasConfig(home),
    })),
    ...(await findDownloadLeftovers(cache)),
    ...(await findBoxLeftovers({ vagrantHome: ownVagrantHome(), temporaryDir, clock })),
    ...shared.found,
    ...ranges.found,
  ];
  const empty = labsWithoutMachines(states, providers, home);
  return {
    found: inOrderOfRemoval(found),
    skipped: [...providers.skipped, ...ranges.skipped],
    notes: [...busyNotes(home, labs), ...shared.notes, ...empty.map(emptyNote)],
    gone: [...providers.gone, ...ranges.gone],
  };
}

/** What the journal of what labs share tells of comes last, the newest of it first. */
function inOrderOfRemoval(found: readonly FoundLeftover[]): FoundLeftover[] {
  const recorded = found.filter(({ entry }) => entry !== undefined);
  const others = found.filter(({ entry }) => entry === undefined);
  return [...others, ...recorded.sort((a, b) => (b.entry ?? 0) - (a.entry ?? 0))];
}

/** Lines of networks.conf. What networks there are must be known to judge them. */
async function rangeLeftovers(
  { confirm, tools, signal }: FindRequest,
  shared: SharedEntries,
): Promise<Pick<LeftoversFound, 'found' | 'skipped' | 'gone'>> {
  const subnets = async (): Promise<string[]> => {
    const ofLabs = await subnetsOfLabs(tools);
    if (ofLabs === undefined) throw new Error('the state of a lab cannot be read');
    const networks = await listHostOnlyNetworks(new VBoxManage(tools.exec), signal);
    return [...ofLabs, ...networks.flatMap(({ subnet }) => (subnet === '' ? [] : [subnet]))];
  };
  const entries = entriesOfKind(shared, 'allowed-range');
  try {
    return { ...(await findAllowedRanges({ entries, subnets, confirm, tools })), skipped: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { found: [], gone: [], skipped: [`allowed ranges: ${errorText(error)}`] };
  }
}

/** In the file asked for, or the system's, and in those that labs which are here have written to. */
function hostsLeftovers(
  { hostsFile = systemHostsFile(), confirm, tools }: FindRequest,
  states: readonly LabState[],
  marks: readonly OwnedMark[],
): Promise<FoundLeftover[]> {
  const { home } = tools;
  const elsewhere = new Set(marks.filter(({ ownership }) => ownership.life !== 'gone').map(({ lab }) => lab));
  return findHostsLeftovers({
    home,
    files: [...new Set([hostsFile, ...states.flatMap((state) => state.hostsFile ?? [])])],
    isAlive: async (lab) => elsewhere.has(lab) || (await readLabLife({ home, lab })) !== 'gone',
    removeBlock: (file, lab, signal) => removeHostsBlock({ file, lab, confirm, tools, signal }),
  });
}

/** Labs that are or may have been in this LAB_HOME. */
async function namesOfLabs(home: string, found: readonly FoundLeftover[]): Promise<string[]> {
  const locks = await readdir(dirname(labPaths(home, 'any').lock)).catch(() => []);
  const locked = locks.map((file) => basename(file, '.lock'));
  const named = found.flatMap(({ leftover }) => leftover.lab ?? []);
  return [...new Set([...(await labFolderNames(home)), ...locked, ...named])];
}

async function someLabHasConfig(home: string): Promise<boolean> {
  for (const lab of await labFolderNames(home)) {
    const { config } = sshFiles(labDir(home, lab));
    if (!(await isGone(config)) && (await readLabLife({ home, lab })) !== 'gone') return true;
  }
  return false;
}

function emptyNote(lab: string): string {
  return `Lab ${lab} is no leftover, but none of its machines is there: \`lab up\` makes them again, \`lab destroy ${lab}\` removes the lab.`;
}

function busyNotes(home: string, labs: readonly string[]): string[] {
  return labs.flatMap((lab) => {
    const owner = otherOwner(home, lab);
    if (owner === undefined) return [];
    return [
      `Lab ${lab} is in use by process ${String(owner.pid)} (${owner.command}); nothing of it was judged.`,
    ];
  });
}
