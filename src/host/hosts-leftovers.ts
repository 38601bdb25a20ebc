import { realpath, rm } from 'node:fs/promises';
import { staleTemporaries } from '../io/files.ts';
import { count } from '../model/count.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { blockNames, DamagedBlockError, findBlock } from './block.ts';
import { readIfThere } from './rewrite-file.ts';

export interface HostsQuestion {
  /** LAB_HOME. */
  home: string;
  /** Hosts files to look at. */
  files: readonly string[];
  /** Whether a lab of that name is known to be alive, here or elsewhere. */
  isAlive: (lab: string) => Promise<boolean>;
  /** Takes the lab's block out of the file. */
  removeBlock: (file: string, lab: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Blocks of labs that are not here. A block names its lab and no LAB_HOME: it may be of another user's lab, and is
 * `uncertain`. A damaged one is only shown.
 */
export async function findHostsLeftovers(question: HostsQuestion): Promise<FoundLeftover[]> {
  const found = await Promise.all(
    question.files.map(async (file) => {
      const content = await readIfThere(file);
      if (content === undefined) return [];
      const blocks = await Promise.all(blockNames(content).map((lab) => judge(content, file, lab, question)));
      return [...blocks.flat(), ...(await temporariesOf(file))];
    }),
  );
  return found.flat();
}

async function judge(
  content: Buffer,
  file: string,
  lab: string,
  { home, isAlive, removeBlock }: HostsQuestion,
): Promise<FoundLeftover[]> {
  if (await isAlive(lab)) return [];
  const common = { standing: 'uncertain', what: `hosts block ${lab}`, where: file, lab } as const;
  try {
    const lines = findBlock(content, lab)?.lines ?? [];
    const why = `${count(lines.length, 'line')}; there is no lab ${lab} here; another user may have one`;
    const remove = (signal: AbortSignal): Promise<void> => removeBlock(file, lab, signal);
    return [{ leftover: { ...common, why }, owner: { home, lab }, remove }];
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
    const place = `${file}:${String(error.line)}`;
    const advice = `remove it by hand, its marker lines included (${place})`;
    return [{ leftover: { ...common, why: `it is damaged: ${error.problem}`, advice } }];
  }
}

/** What killed runs left beside a file of the system or of this user. */
export async function temporariesOf(file: string): Promise<FoundLeftover[]> {
  const target = await realpath(file).catch(() => file);
  const paths = await staleTemporaries(target).catch(() => []);
  return paths.map((path) => ({
    leftover: {
      standing: 'left',
      what: 'temporary file',
      where: path,
      why: `the run that was writing ${file} was killed`,
    },
    remove: () => rm(path, { force: true }),
  }));
}
