import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isHttp } from '../artifacts/artifact-places.ts';
import { writeFileAtomically } from '../io/files.ts';
import { CommandError } from '../model/errors.ts';
import type { BoxRequest } from '../model/plan.ts';
import type { RecordShared } from '../host/shared-journal.ts';
import { boxIdentity, boxRoot, brokenBoxFolders, installedBox } from '../vagrant/boxes.ts';
import type { InstalledBox } from '../vagrant/boxes.ts';
import { withBoxLock } from './box-lock.ts';
import { boxTitle } from './box-options.ts';
import type { BoxOptions } from './box-options.ts';
import { fetchBox } from './fetch-box.ts';
import { locateBox } from './locate-box.ts';
import { vagrantBoxAdd } from './vagrant-box-add.ts';
import type { BoxAddOptions } from './vagrant-box-add.ts';

export type EnsureBoxOptions = BoxOptions &
  Omit<BoxAddOptions, 'onProgress' | 'signal'> & {
    /** Writes a box down that is about to be added. One that was there is never written down. */
    record: RecordShared;
  };

/** What came of it. */
export interface EnsuredBox {
  version: string;
  /** False: it was there. */
  added: boolean;
  /** The path or URL that its file was taken from. */
  place?: string;
  /** No checksum was known: this SHA-256 is asked for from now on. */
  firstSha256?: string;
}

/**
 * Sees to it that Vagrant's store has the box: fetched through cache and mirror, added once whoever else wants it at the
 * same time. Nothing is asked of the network where the box is there. Throws LAB_BOX_MISSING, LAB_ARTIFACT_CHECKSUM,
 * LAB_DISK_LOW, LAB_STATE_LOCKED, LAB_VAGRANT_FAILED.
 */
export async function ensureBox(request: BoxRequest, options: EnsureBoxOptions): Promise<EnsuredBox> {
  const there = await installedBox(request, options);
  if (there !== undefined) return { version: there.version, added: false };
  return withBoxLock(request.name, options, async () => {
    const meanwhile = await installedBox(request, options);
    return meanwhile === undefined ? add(request, options) : { version: meanwhile.version, added: false };
  });
}

async function add(request: BoxRequest, options: EnsureBoxOptions): Promise<EnsuredBox> {
  const { home, provider, architecture, onProgress, record, signal } = options;
  const located = await locateBox(request, options);
  const { name, version } = located;
  const { path, sha256, place, firstFetch } = await fetchBox(located, options);
  for (const folder of await brokenBoxFolders(home, name)) {
    onProgress(`${folder} is half a box, left by a Vagrant that was stopped: removed`);
    await rm(folder, { recursive: true, force: true });
  }
  const make = async (): Promise<InstalledBox> => {
    await vagrantBoxAdd({ name, version, provider, architecture, path, sha256 }, options);
    await recordOrigin(request, home);
    const made = await installedBox({ name, version }, options);
    if (made !== undefined) return made;
    throw new CommandError(
      'LAB_VAGRANT_FAILED',
      `Vagrant has added the box ${boxTitle(located)}, and it is not in ${home}.`,
      { hint: '`vagrant box list` shows what is there.' },
    );
  };
  await record({ kind: 'box', vagrantHome: home, name, version, provider }, make, {
    identify: ({ folder }) => boxIdentity(folder),
    signal,
  });
  return { version, added: true, place, ...(firstFetch ? { firstSha256: sha256 } : {}) };
}

/** Vagrant notes where a box came from, for `vagrant box update`; that was a file of ours, which is gone. */
async function recordOrigin({ name, url }: BoxRequest, home: string): Promise<void> {
  const file = join(boxRoot(home, name), 'metadata_url');
  if (isHttp(url) && !url.endsWith('.box')) await writeFileAtomically(file, url, { mode: 0o644 });
  else await rm(file, { force: true });
}
