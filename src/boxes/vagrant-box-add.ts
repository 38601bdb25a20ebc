import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Exec } from '../io/exec.ts';
import { isRunning } from '../io/process-table.ts';
import { EnvironmentError } from '../model/errors.ts';
import { vagrantError } from '../vagrant/vagrant-error.ts';
import { parseVagrantLine } from '../vagrant/vagrant-output.ts';
import type { VagrantRow } from '../vagrant/vagrant-output.ts';

export interface BoxToAdd {
  name: string;
  version: string;
  /** Vagrant's name of the provider. */
  provider: string;
  architecture: string;
  /** The file, on this computer. */
  path: string;
  sha256: string;
}

export interface BoxAddOptions {
  exec: Exec;
  /** VAGRANT_HOME. */
  home: string;
  onProgress: (text: string) => void;
  /** Gets every line that Vagrant prints. */
  logLine?: (line: string) => void;
  logPath?: string;
  signal?: AbortSignal | undefined;
}

/** Copying and unpacking some hundred megabytes on a slow disk. */
export const addMs = 30 * 60_000;

/**
 * Puts a box into Vagrant's store under a version, by metadata of our own. Vagrant copies the file and unpacks it in
 * `VAGRANT_HOME/tmp`. Throws LAB_VAGRANT_FAILED, LAB_VAGRANT_MISSING, LAB_COMMAND_TIMEOUT, LAB_DISK_LOW.
 */
export async function vagrantBoxAdd(box: BoxToAdd, options: BoxAddOptions): Promise<void> {
  for (const folder of await abandonedBoxFolders(join(options.home, 'tmp'))) {
    await rm(folder, { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(tmpdir(), 'lab-box-'));
  try {
    const metadata = join(folder, 'box.json');
    await writeFile(metadata, JSON.stringify(metadataOf(box)));
    // `--clean`: what a killed Vagrant has copied of the file is not gone on with.
    const words = ['box', 'add', '--clean', '--provider', box.provider, pathToFileURL(metadata).href];
    await run(words, box, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function metadataOf({ name, version, provider, architecture, path, sha256 }: BoxToAdd): object {
  const file = {
    name: provider,
    url: pathToFileURL(path).href,
    checksum_type: 'sha256',
    checksum: sha256,
    architecture,
    default_architecture: true,
  };
  return { name, versions: [{ version, providers: [file] }] };
}

async function run(words: readonly string[], box: BoxToAdd, options: BoxAddOptions): Promise<void> {
  const { exec, home, onProgress, logLine, logPath, signal } = options;
  const rows: VagrantRow[] = [];
  const result = await exec('vagrant', [...words, '--machine-readable'], {
    // Vagrant reads the Vagrantfile of the current folder or of one above it, and fails where that is broken.
    cwd: parse(home).root,
    env: {
      VAGRANT_HOME: home,
      VAGRANT_CWD: undefined,
      VAGRANT_VAGRANTFILE: undefined,
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_NO_COLOR: '1',
    },
    timeoutMs: addMs,
    ...(signal === undefined ? {} : { signal }),
    onLine: (line) => {
      logLine?.(line);
      const row = parseVagrantLine(line);
      rows.push(row);
      const text = row.kind === 'ui' ? row.text.trim() : '';
      if (text !== '' && !text.startsWith('Progress:')) onProgress(text.split('\n')[0] ?? '');
    },
  });
  if (result.exitCode === 0) return;
  signal?.throwIfAborted();
  if (rows.some((row) => row.kind === 'error-exit' && /no space left|disk full/i.test(row.message))) {
    throw new EnvironmentError(
      'LAB_DISK_LOW',
      `The disk is full: the box ${box.name} does not fit into ${home}.`,
      {
        hint: 'Free some space, or set VAGRANT_HOME to a folder on another disk. Then run the same command again.',
      },
    );
  }
  throw vagrantError(result, rows, logPath);
}

/**
 * Folders with half a box that killed Vagrants have left in VAGRANT_HOME/tmp: `vagrant-box-add-temp-DATE-PID-RANDOM`, as
 * Ruby's Dir.mktmpdir names them. Vagrant never removes them.
 */
export async function abandonedBoxFolders(tmp: string): Promise<string[]> {
  const names = await readdir(tmp).catch(() => []);
  const left = names.filter((name) => {
    const pid = /^vagrant-box-add-temp-\d{8}-(\d+)-[0-9a-z]+$/.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
  return left.map((name) => join(tmp, name));
}
