import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../io/files.ts';
import type { Exec } from '../io/exec.ts';

export interface SudoWriteOptions {
  exec: Exec;
  /** An existing file. Its owner and mode stay. */
  file: string;
  before: Buffer;
  content: Buffer;
  /** A folder of ours where the new content can wait and the old one is kept meanwhile. */
  stagingDir: string;
  /** Called last before the file is written; what it throws is passed on and nothing is written. */
  beforeWrite: () => Promise<void>;
  signal?: AbortSignal;
}

/** sudo, or what it ran, failed or is not there. */
export class SudoWriteError extends Error {
  /** As a person would type it. */
  readonly command: string;

  constructor(command: string, message: string) {
    super(message);
    this.name = 'SudoWriteError';
    this.command = command;
  }
}

/**
 * Writes a file as root. sudo runs on the terminal, since it may ask for a password there, and so the content comes from
 * a staged copy and not from standard input. The password is asked for by a command that does nothing: between
 * `beforeWrite` and the write there is then no person to wait for.
 */
export async function sudoWrite(options: SudoWriteOptions): Promise<void> {
  const { file, before, content, stagingDir } = options;
  const staged = join(stagingDir, 'hosts.staged');
  const backup = join(stagingDir, 'hosts.backup');
  await sudo(options, ['true']);
  // It stays when, and only when, the file may be half written.
  let isWhole = true;
  try {
    await writeFileAtomically(staged, content, { mode: 0o600 });
    await writeFileAtomically(backup, before, { mode: 0o600 });
    await options.beforeWrite();
    isWhole = false;
    // cp writes into the file that is there: owner, mode, links and mounts stay.
    await sudo(options, ['cp', '--', staged, file]);
    isWhole = true;
  } catch (error) {
    isWhole ||= (await readFile(file)).equals(before);
    if (isWhole || !(error instanceof SudoWriteError)) throw error;
    const message = `${file} is incomplete: sudo failed while writing it. Its old content is in ${backup}.`;
    throw new SudoWriteError(error.command, message);
  } finally {
    await rm(staged, { force: true });
    if (isWhole) await rm(backup, { force: true });
  }
}

/**
 * Makes a file as root that everybody may read, and its folder. It comes into its place whole; one that has come there
 * meanwhile stays, and then this throws.
 */
export async function sudoCreate(
  options: Pick<SudoWriteOptions, 'exec' | 'file' | 'content' | 'stagingDir' | 'signal'>,
): Promise<void> {
  const { file, content, stagingDir } = options;
  const staged = join(stagingDir, 'created.staged');
  const beside = join(dirname(file), `.${basename(file)}.lab-new`);
  await writeFileAtomically(staged, content, { mode: 0o600 });
  try {
    await sudo(options, ['mkdir', '-p', '-m', '0755', '--', dirname(file)]);
    await sudo(options, ['install', '-m', '0644', '--', staged, beside]);
    // Without -n a file that has come meanwhile would be lost.
    await sudo(options, ['mv', '-n', '--', beside, file]);
  } finally {
    await rm(staged, { force: true });
  }
  if ((await readFile(file)).equals(content)) return;
  await sudo(options, ['rm', '-f', '--', beside]);
  throw new SudoWriteError(
    `sudo mv -n ${beside} ${file}`,
    `${file} was not changed: another program has made it meanwhile.`,
  );
}

/**
 * Removes a file as root, and its folder where that is asked for and nothing else is in it. `beforeRemove` is called last
 * before; what it throws is passed on and the file stays.
 */
export async function sudoRemove(
  options: Pick<SudoWriteOptions, 'exec' | 'file' | 'signal'> & {
    withFolder: boolean;
    beforeRemove: () => Promise<void>;
  },
): Promise<void> {
  const { file, withFolder, beforeRemove } = options;
  await sudo(options, ['true']);
  await beforeRemove();
  await sudo(options, ['rm', '-f', '--', file]);
  const folder = dirname(file);
  if (withFolder && (await readdir(folder)).length === 0) await sudo(options, ['rmdir', '--', folder]);
}

async function sudo(
  { exec, file, signal }: Pick<SudoWriteOptions, 'exec' | 'file' | 'signal'>,
  command: readonly string[],
): Promise<void> {
  // sudo replaces %p by the user whose password it wants.
  const prompt = `[sudo] password of %p to let lab change ${file.replaceAll('%', '%%')}: `;
  const options = { interactive: true, ...(signal === undefined ? {} : { signal }) };
  const result = await exec('sudo', [`--prompt=${prompt}`, '--', ...command], options);
  const unchanged = `${file} was not changed`;
  if (result.notFound) throw new SudoWriteError(result.command, `${unchanged}: sudo is not installed.`);
  if (result.exitCode !== 0) {
    throw new SudoWriteError(result.command, `${unchanged}: sudo was refused or failed.`);
  }
}
