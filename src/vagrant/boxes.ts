import type { Dirent } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';
import { compareBoxVersions } from './box-version.ts';

/** A box in Vagrant's store. */
export interface InstalledBox {
  /** Vagrant's name, e.g. `bento/ubuntu-24.04`. */
  name: string;
  /** `0` where it was added without metadata. */
  version: string;
  /** Vagrant's name of the provider, e.g. `virtualbox`. */
  provider: string;
  /** Only where Vagrant 2.4 or later added it. */
  architecture?: string;
  /** Where its files are. */
  folder: string;
  /** In megabytes of 10^6 bytes, disks included. */
  sizeMb: number;
}

/** Vagrant's folder: VAGRANT_HOME, else `~/.vagrant.d`. */
export function vagrantHome(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  const own = env['VAGRANT_HOME'];
  return own === undefined || own === '' ? join(homeDir, '.vagrant.d') : resolve(own);
}

/**
 * The whole boxes in Vagrant's store, by name, the newest of each first, as Vagrant takes them. Read from the store itself:
 * `boxes/NAME/VERSION/[ARCHITECTURE/]PROVIDER/metadata.json` with `/` in a name written as `-VAGRANTSLASH-`
 * (lib/vagrant/box_collection.rb of Vagrant 2.3.4; the architecture is there since 2.4). A box for VirtualBox that lacks
 * its description or one of its disks, because its adding was broken off, is none.
 */
export async function installedBoxes(home: string): Promise<InstalledBox[]> {
  const folders = await boxFolders(home);
  const boxes = await Promise.all(
    folders.map(async (box) => ((await isWhole(box)) ? [{ ...box, sizeMb: await sizeOf(box.folder) }] : [])),
  );
  return boxes
    .flat()
    .sort((a, b) => a.name.localeCompare(b.name, 'en') || compareBoxVersions(b.version, a.version));
}

/** The box in Vagrant's store that a request means; without a version the newest, as Vagrant takes it. */
export async function installedBox(
  { name, version }: { name: string; version?: string },
  { home, provider }: { home: string; provider: string },
): Promise<InstalledBox | undefined> {
  return (await installedBoxes(home)).find(
    (box) =>
      box.name === name && box.provider === provider && (version === undefined || box.version === version),
  );
}

/**
 * Tells a box from another one that was added under its name after it was removed: Vagrant writes nothing to the
 * description of a box once it is in the store. Undefined: there is none.
 */
export async function boxIdentity(folder: string): Promise<string | undefined> {
  try {
    const { ino, ctimeNs } = await stat(join(folder, 'metadata.json'), { bigint: true });
    return `${ino}:${ctimeNs}`;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Folders of a box that Vagrant did not finish. It moves the files of a box into place one by one, and then refuses both
 * to use and to replace what has no metadata.json.
 */
export async function brokenBoxFolders(home: string, name: string): Promise<string[]> {
  const own = (await boxFolders(home)).filter((box) => box.name === name);
  const broken = await Promise.all(own.map(async (box) => ((await isWhole(box)) ? [] : [box.folder])));
  return broken.flat();
}

/** Where Vagrant keeps all versions of a box, and the file `metadata_url` with where it came from. */
export function boxRoot(home: string, name: string): string {
  return join(home, 'boxes', name.replaceAll('/', '-VAGRANTSLASH-'));
}

/**
 * How a machine made from the box starts, from its OVF description. VirtualBox's own part of it holds
 * `<Firmware type="EFI"/>` (also EFI32, EFI64, EFIDUAL); without it: BIOS.
 */
export async function boxFirmware(folder: string): Promise<'bios' | 'efi'> {
  const ovf = await readFile(join(folder, 'box.ovf'), 'utf8');
  return /<Firmware\b[^>]*\btype="EFI/i.test(ovf) ? 'efi' : 'bios';
}

/**
 * Whether the box's own Vagrantfile takes a file `user-data` from the current folder to the machine: Flatcar's does from
 * 4722 on (build_library/oem/vagrant/build/box/Vagrantfile in flatcar/scripts), those before do not.
 */
export async function handlesUserData(folder: string): Promise<boolean> {
  try {
    const code = (await readFile(join(folder, 'Vagrantfile'), 'utf8')).replace(/^\s*#.*$/gm, '');
    return /["']user-data["']/.test(code);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

type BoxFolder = Omit<InstalledBox, 'sizeMb'>;

async function boxFolders(home: string): Promise<BoxFolder[]> {
  const root = join(home, 'boxes');
  const found = await Promise.all(
    (await foldersIn(root)).map(async (entry) => {
      const name = entry.replaceAll('-VAGRANTSLASH-', '/');
      const versions = await foldersIn(join(root, entry));
      return Promise.all(versions.map((version) => providersOf(join(root, entry, version), name, version)));
    }),
  );
  return found.flat(2);
}

/** A folder of a version holds folders of providers or, since Vagrant 2.4, of architectures that hold those. */
async function providersOf(folder: string, name: string, version: string): Promise<BoxFolder[]> {
  const found = await Promise.all(
    (await foldersIn(folder)).map(async (entry): Promise<BoxFolder[]> => {
      const inner = await foldersIn(join(folder, entry));
      const isProvider = inner.length === 0 || (await exists(join(folder, entry, 'metadata.json')));
      if (isProvider) return [{ name, version, provider: entry, folder: join(folder, entry) }];
      return inner.map((provider) => ({
        name,
        version,
        provider,
        architecture: entry,
        folder: join(folder, entry, provider),
      }));
    }),
  );
  return found.flat();
}

async function isWhole({ folder, provider }: BoxFolder): Promise<boolean> {
  if (!(await exists(join(folder, 'metadata.json')))) return false;
  if (provider !== 'virtualbox') return true;
  try {
    const ovf = await readFile(join(folder, 'box.ovf'), 'utf8');
    const files = [...ovf.matchAll(/<(?:ovf:)?File\b[^>]*\bovf:href="([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    return (await Promise.all(files.map((file) => exists(join(folder, file))))).every(Boolean);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e6);
}

async function foldersIn(folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
