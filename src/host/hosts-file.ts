import { open } from 'node:fs/promises';
import { join, win32 } from 'node:path';
import type { Clock } from '../io/clock.ts';
import type { Exec } from '../io/exec.ts';
import { isRoot } from '../io/is-root.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { withLock } from '../state/process-lock.ts';
import { blockNames, DamagedBlockError, findBlock } from './block.ts';
import { foreignLines, removeOwnLines, replaceOwnLines } from './own-lines.ts';
import { readIfThere, rewriteFile } from './rewrite-file.ts';
import type { ElevatedWrite } from './rewrite-file.ts';
import { SudoWriteError, sudoWrite } from './sudo-write.ts';
import { explainUnwritable } from './unwritable.ts';

/** One line of the block: an address and its names, the machine's own first. */
export interface HostsEntry {
  address: string;
  names: readonly string[];
}

/** What sudo would change, for the person who is asked. Whole lines. */
export interface HostsChange {
  file: string;
  added: string[];
  removed: string[];
}

/** `stale`: the block is there with other lines of lab. `damaged`: its markers are not as we wrote them. */
export type BlockState = 'absent' | 'current' | 'stale' | 'damaged';

export interface HostsFileOptions {
  file: string;
  lab: string;
  /** The lab's own folder, which exists: for the backup and the staged copy. */
  labDir: string;
  /** One for all labs of this user, not beside the hosts file: that folder is root's. */
  lockPath: string;
  exec: Exec;
  clock: Clock;
  /** Asked before sudo is used, and only then. */
  confirm: (change: HostsChange) => Promise<boolean>;
  /** Lines that lab has written into the block; others are left as they are. Undefined: every line is lab's. */
  ownLines?: readonly string[] | undefined;
  /** Called at the end of a change that has left lines of somebody else, with these. */
  onForeign?: (lines: readonly string[]) => void;
  signal?: AbortSignal;
}

const madeByLab = '# lab made this file; it goes with this block';
/** Another lab may be waiting for a person to type a password. */
const lockTimeoutMs = 60_000;

/** Where this system keeps its host names. */
export function systemHostsFile(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): string {
  if (platform !== 'win32') return '/etc/hosts';
  // Names of variables have no case there, but for copies of process.env they do.
  const root = Object.entries(env).find(([name]) => name.toLowerCase() === 'systemroot')?.[1];
  return win32.join(root ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts');
}

/** Whether this user needs sudo to change the file. A file that does not exist yet is the folder's business. */
export async function needsSudo(file: string): Promise<boolean> {
  if (isRoot()) return false;
  try {
    // Opening asks with the rights that writing will have; access(2) asks with those of the real user.
    await (await open(file, 'r+')).close();
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'EACCES';
  }
}

/** The block of one lab in a hosts file. Errors: LAB_HOSTS_DAMAGED, LAB_HOSTS_UNWRITABLE; the file is then unchanged. */
export class HostsFile {
  readonly #options: HostsFileOptions;

  constructor(options: HostsFileOptions) {
    this.#options = options;
  }

  /** Reads only. */
  async inspect(entries: readonly HostsEntry[]): Promise<BlockState> {
    try {
      const content = await readIfThere(this.#options.file);
      const block = content === undefined ? undefined : findBlock(content, this.#options.lab);
      if (block === undefined) return 'absent';
      const wanted = formatHostsEntries(entries);
      const lines = block.lines.filter((line) => line !== madeByLab && this.#isOwn(line, wanted));
      return lines.join('\n') === wanted.join('\n') ? 'current' : 'stale';
    } catch (error) {
      if (error instanceof DamagedBlockError) return 'damaged';
      throw this.#explain(error);
    }
  }

  /** The lines of the block that are somebody else's. Reads only; a damaged block has none. */
  async foreign(entries: readonly HostsEntry[]): Promise<string[]> {
    const { file, lab } = this.#options;
    try {
      const wanted = formatHostsEntries(entries);
      const content = (await readIfThere(file)) ?? Buffer.alloc(0);
      return foreignLines(content, lab, (line) => this.#isOwn(line, wanted));
    } catch (error) {
      if (error instanceof DamagedBlockError) return [];
      throw this.#explain(error);
    }
  }

  /** Adds the block, or brings it up to date. Lines in it that are not lab's stay, behind lab's. */
  async write(entries: readonly HostsEntry[]): Promise<'changed' | 'unchanged'> {
    const { lab } = this.#options;
    const wanted = formatHostsEntries(entries);
    const isOwn = (line: string): boolean => this.#isOwn(line, wanted);
    let foreign: string[] = [];
    const outcome = await this.#change((content, isNew) => {
      const note = isNew || hasNote(content) ? [madeByLab] : [];
      foreign = foreignLines(content, lab, isOwn);
      return replaceOwnLines(content, lab, [...note, ...wanted], isOwn);
    });
    if (foreign.length > 0) this.#options.onForeign?.(foreign);
    return outcome;
  }

  /**
   * Takes the block out, and the file with it when we made it and nothing else is in it. Lines in the block that are not
   * lab's stay in its place.
   */
  async remove(): Promise<'changed' | 'unchanged'> {
    const { lab } = this.#options;
    const isOwn = (line: string): boolean => this.#isOwn(line);
    let foreign: string[] = [];
    const outcome = await this.#change((content) => {
      // Called once more where somebody changes the file behind us: then the block is gone, and its lines are left already.
      if (findBlock(content, lab) !== undefined) foreign = foreignLines(content, lab, isOwn);
      return removeOwnLines(content, lab, isOwn);
    });
    if (foreign.length > 0) this.#options.onForeign?.(foreign);
    return outcome;
  }

  #isOwn(line: string, wanted: readonly string[] = []): boolean {
    const { ownLines } = this.#options;
    return ownLines === undefined || line === madeByLab || ownLines.includes(line) || wanted.includes(line);
  }

  async #change(edit: (content: Buffer, isNew: boolean) => Buffer): Promise<'changed' | 'unchanged'> {
    const { file, labDir, lockPath, clock, signal } = this.#options;
    const lock = {
      path: lockPath,
      command: `change ${file}`,
      clock,
      timeoutMs: lockTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    };
    const backupPath = join(labDir, 'hosts.backup');
    const elevate = isRoot() ? {} : { elevate: (write: ElevatedWrite) => this.#writeAsRoot(write) };
    try {
      return await withLock(lock, () =>
        rewriteFile({
          file,
          edit: (content, isNew) => {
            const next = edit(content, isNew);
            return next.length === 0 && (isNew || hasNote(content)) ? undefined : next;
          },
          newFileMode: 0o644,
          backupPath,
          clock,
          ...(signal === undefined ? {} : { signal }),
          ...elevate,
        }),
      );
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #writeAsRoot({ file, before, content, assertUnchanged }: ElevatedWrite): Promise<void> {
    const { confirm, exec, lab, labDir, signal } = this.#options;
    const old = findBlock(before, lab)?.lines ?? [];
    const next = findBlock(content, lab)?.lines ?? [];
    const agreed = await confirm({
      file,
      added: next.filter((line) => !old.includes(line)),
      removed: old.filter((line) => !next.includes(line) && this.#isOwn(line)),
    });
    if (!agreed)
      throw new EnvironmentError('LAB_HOSTS_UNWRITABLE', `${file} was not changed: sudo was declined.`);
    await sudoWrite({
      exec,
      file,
      before,
      content,
      stagingDir: labDir,
      beforeWrite: assertUnchanged,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  #explain(error: unknown): unknown {
    const { file, lab } = this.#options;
    const hint = 'Run with --no-hosts, or name another file with --hosts-file.';
    if (error instanceof DamagedBlockError) {
      return new EnvironmentError(
        'LAB_HOSTS_DAMAGED',
        `The block of lab ${lab} in ${file} is damaged: ${error.problem} (${file}:${String(error.line)}). The file was not changed.`,
        { hint: 'Restore or remove the block by hand, its marker lines included.', cause: error },
      );
    }
    if (error instanceof SudoWriteError) {
      const details = { command: error.command, hint, cause: error };
      return new EnvironmentError('LAB_HOSTS_UNWRITABLE', error.message, details);
    }
    if (
      error instanceof EnvironmentError ||
      !(error instanceof Error) ||
      error === this.#options.signal?.reason
    ) {
      return error;
    }
    const { message, ...details } = explainUnwritable(file, error, hint);
    return new EnvironmentError('LAB_HOSTS_UNWRITABLE', message, { ...details, cause: error });
  }
}

/** The lines of the block for these entries. */
export function formatHostsEntries(entries: readonly HostsEntry[]): string[] {
  return entries.map(({ address, names }) => `${address}\t${names.join(' ')}`);
}

/** Whether lab made the file. Each block says so: the one that goes last takes the file with it. Damaged ones say nothing. */
function hasNote(content: Buffer): boolean {
  if (!content.includes(madeByLab)) return false;
  return blockNames(content).some((name) => {
    try {
      return findBlock(content, name)?.lines.includes(madeByLab) === true;
    } catch {
      return false;
    }
  });
}
