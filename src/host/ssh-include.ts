import { readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../io/clock.ts';
import { createPrivateDirectory } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { hostLockPath, labDir, labsDir } from '../state/lab-home.ts';
import { withLock } from '../state/process-lock.ts';
import { DamagedBlockError, findBlock } from './block.ts';
import type { BlockState } from './hosts-file.ts';
import type { HostChange } from './journal-entry.ts';
import { foreignLines, removeOwnLines, replaceOwnLines } from './own-lines.ts';
import { readIfThere, removeLeftovers, rewriteFile } from './rewrite-file.ts';
import { quoteWord, sshFiles } from './ssh-config.ts';
import { explainUnwritable } from './unwritable.ts';

export interface SshIncludeOptions {
  /** The user's ssh config, usually `~/.ssh/config`. */
  file: string;
  /** LAB_HOME. */
  home: string;
  clock: Clock;
  /** Called at the end of a change that has left lines of somebody else, with these. */
  onForeign?: (lines: readonly string[]) => void;
  signal?: AbortSignal;
}

const blockName = 'ssh';
const fileNote = '# lab made this file; it goes with this block';
const folderNote = '# lab made this folder; it goes with this block';
const lockTimeoutMs = 10_000;

/**
 * The one line by which the user's ssh config reads the configs of all labs of this LAB_HOME, in a marked block at the
 * top: below a `Host` it would hold for that host only. It stays while any lab has a config.
 * Errors: LAB_SSH_CONFIG_DAMAGED, LAB_SSH_CONFIG_UNWRITABLE; the file is then unchanged.
 */
export class SshInclude {
  readonly #options: SshIncludeOptions;
  readonly #line: string;

  constructor(options: SshIncludeOptions) {
    this.#options = options;
    this.#line = includeLine(options.home);
  }

  /** The entry for the journal of each lab that relies on the block, also where the block is there already. */
  async plannedChange(): Promise<HostChange> {
    const { file } = this.#options;
    const change = { kind: 'ssh-include', file, line: this.#line } as const;
    return (await exists(dirname(file))) ? change : { ...change, createsFolder: true };
  }

  /** Reads only. `stale`: the line is missing, or is not at the top. */
  async inspect(): Promise<BlockState> {
    try {
      const content = await readIfThere(this.#options.file);
      if (content === undefined || findBlock(content, blockName) === undefined) return 'absent';
      return this.#isCurrent(content) ? 'current' : 'stale';
    } catch (error) {
      if (error instanceof DamagedBlockError) return 'damaged';
      throw this.#explain(error);
    }
  }

  /** Whether the block names this LAB_HOME. Throws LAB_SSH_CONFIG_DAMAGED. */
  async isThere(): Promise<boolean> {
    try {
      const content = await readIfThere(this.#options.file);
      const block = content === undefined ? undefined : findBlock(content, blockName);
      return block?.lines.includes(this.#line) === true;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** The lines of the block that no lab wrote. Reads only; a damaged block has none. */
  async foreign(): Promise<string[]> {
    try {
      return foreignLines((await readIfThere(this.#options.file)) ?? Buffer.alloc(0), blockName, isOfALab);
    } catch (error) {
      if (error instanceof DamagedBlockError) return [];
      throw this.#explain(error);
    }
  }

  /** Adds the line, makes file (0600) and folder (0700) where they are missing. Lines of nobody's lab stay, behind it. */
  async add(): Promise<'changed' | 'unchanged'> {
    return this.#locked(async () => {
      const made = await createPrivateDirectory(dirname(this.#options.file));
      let foreign: string[] = [];
      const outcome = await this.#rewrite((content, isNew) => {
        foreign = foreignLines(content, blockName, isOfALab);
        if (this.#isCurrent(content)) return content;
        const old = (findBlock(content, blockName)?.lines ?? []).filter(isOfALab);
        const notes = [...(isNew ? [fileNote] : []), ...(made.length > 0 ? [folderNote] : [])];
        const lines = [...new Set([...notes, ...old, this.#line])];
        return replaceOwnLines(content, blockName, lines, isOfALab, 'start');
      });
      if (foreign.length > 0) this.#options.onForeign?.(foreign);
      return outcome;
    });
  }

  /**
   * Takes the line out unless a lab (other than `lab`) has a config, and with the block whatever of file and folder `lab`
   * made and is empty then. Lines in the block that no lab wrote stay in its place. `createsFolder`: as in the journal.
   */
  async remove(lab: string | undefined, { createsFolder = false } = {}): Promise<'changed' | 'unchanged'> {
    return this.#locked(async () => {
      const { file, home } = this.#options;
      if (await otherLabHasConfig(home, lab)) return 'unchanged';
      await removeLeftovers(file);
      const before = await readIfThere(file);
      const notes = before === undefined ? [] : (findBlock(before, blockName)?.lines ?? []);
      let foreign: string[] = [];
      const edit = (content: Buffer): Buffer => {
        const next = this.#without(content);
        // Called once more where somebody changes the file behind us: then the block is gone already.
        const goes = findBlock(content, blockName) !== undefined && findBlock(next, blockName) === undefined;
        if (goes) foreign = foreignLines(content, blockName, isOfALab);
        return next;
      };
      const outcome = before === undefined ? 'unchanged' : await this.#rewrite(edit);
      if (createsFolder || notes.includes(folderNote)) await removeIfEmpty(dirname(file));
      if (foreign.length > 0) this.#options.onForeign?.(foreign);
      return outcome;
    });
  }

  #isCurrent(content: Buffer): boolean {
    const block = findBlock(content, blockName);
    if (block?.lines.includes(this.#line) !== true) return false;
    const inside = block.lines.slice(0, block.lines.indexOf(this.#line));
    const above = [content.toString('latin1', 0, block.start), ...inside].join('\n');
    return !/^[ \t]*(host|match)\b/im.test(above);
  }

  /** Another LAB_HOME may have its line in the block too. */
  #without(content: Buffer): Buffer {
    const block = findBlock(content, blockName);
    if (block === undefined) return content;
    const lines = block.lines.filter((line) => line !== this.#line && isOfALab(line));
    if (!lines.some(isIncludeOfLabs)) return removeOwnLines(content, blockName, isOfALab);
    if (!block.lines.includes(this.#line)) return content;
    return replaceOwnLines(content, blockName, lines, isOfALab);
  }

  async #rewrite(edit: (content: Buffer, isNew: boolean) => Buffer): Promise<'changed' | 'unchanged'> {
    const { file, home, clock, signal } = this.#options;
    return rewriteFile({
      file,
      edit: (content, isNew) => {
        const next = edit(content, isNew);
        const isOurs = isNew || findBlock(content, blockName)?.lines.includes(fileNote) === true;
        return next.length === 0 && isOurs ? undefined : next;
      },
      newFileMode: 0o600,
      backupPath: join(home, 'ssh-config.backup'),
      clock,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const { file, home, clock, signal } = this.#options;
    const path = hostLockPath(home);
    const lock = { path, command: `change ${file}`, clock, timeoutMs: lockTimeoutMs };
    try {
      return await withLock(signal === undefined ? lock : { ...lock, signal }, work);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    const { file, signal } = this.#options;
    if (!(error instanceof Error) || error === signal?.reason) return error;
    if (error instanceof DamagedBlockError) {
      return new EnvironmentError(
        'LAB_SSH_CONFIG_DAMAGED',
        `The block of lab in ${file} is damaged: ${error.problem} (${file}:${String(error.line)}). The file was not changed.`,
        { hint: 'Restore or remove the block by hand, its marker lines included.', cause: error },
      );
    }
    const { message, hint } = explainUnwritable(file, error, 'Run with --no-ssh-config.');
    return new EnvironmentError('LAB_SSH_CONFIG_UNWRITABLE', message, { hint, cause: error });
  }
}

/** ssh expands the pattern with glob(7): what is special there in the folder's own name is escaped. */
function includeLine(home: string): string {
  const pattern = sshFiles(labDir(home.replace(/[\\*?[\]{}]/g, '\\$&'), '*')).config;
  return `Include ${quoteWord(pattern)}`;
}

/** The line of this or of another LAB_HOME. */
function isIncludeOfLabs(line: string): boolean {
  return /^Include .*[\\/]labs[\\/]+\*[\\/]+ssh[\\/]+config"?$/.test(line);
}

/** What a lab writes into the block; any other line is somebody else's. */
function isOfALab(line: string): boolean {
  return line === fileNote || line === folderNote || isIncludeOfLabs(line);
}

async function otherLabHasConfig(home: string, lab: string | undefined): Promise<boolean> {
  const labs = await readdir(labsDir(home)).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const other of labs) {
    if (other !== lab && (await exists(sshFiles(labDir(home, other)).config))) return true;
  }
  return false;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
