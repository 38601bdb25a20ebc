import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { LabResult } from './lab-user.ts';

const hook = pathToFileURL('test/e2e/support/crash-at-journal.mjs').href;

/** A lab to be brought up and removed again and again. */
export interface CrashedLab {
  /** Runs `lab` to its end, whatever that is. */
  lab: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<LabResult>;
  up: readonly string[];
  destroy: readonly string[];
  /** The lab's journal. */
  journal: string;
  /** Throws where the lab has left something. */
  nothingIsLeft: () => Promise<void>;
}

/** What was killed at which line of the journal, what was run then, and how that ended. */
interface Row {
  at: string;
  entry: string;
  then: string;
  outcome: string;
}

const well = 'ends well';

/**
 * Kills `lab up` and `lab destroy` with SIGKILL right after each line that they write to the lab's journal, one after the
 * other, and runs `lab destroy` or `lab up` then. Prints the table; fails where one does not end well or leaves
 * something. Returns the number of lines of `up` and of `destroy`.
 */
export async function expectCrashesToEndWell(lab: CrashedLab): Promise<{ up: number; destroy: number }> {
  const table: Row[] = [];
  const note = async (at: string, entry: string, then: string, args: readonly string[]): Promise<void> => {
    const { exitCode, run } = await lab.lab(args);
    const outcome = exitCode === 0 ? well : `exit ${String(exitCode)}: ${run.describe()}`;
    table.push({ at, entry, then, outcome });
  };
  let lines = 0;
  for (
    let entry = await crash(lab, lab.up, 1);
    entry !== undefined;
    entry = await crash(lab, lab.up, lines + 1)
  ) {
    lines += 1;
    await note(`up ${String(lines)}`, entry, 'lab destroy', lab.destroy);
    await lab.nothingIsLeft();
  }
  await expectWell(lab, lab.destroy);
  let undone = 0;
  for (let line = 1; line <= lines; line += 1) {
    const entry = (await crash(lab, lab.up, line)) ?? 'none';
    await note(`up ${String(line)}`, entry, 'lab up', lab.up);
    // Destroying is broken off, too, at one line after the other as long as there are any.
    const cut = await crash(lab, lab.destroy, line);
    if (cut === undefined) continue;
    undone += 1;
    await note(`destroy ${String(line)}`, cut, 'lab destroy', lab.destroy);
    await lab.nothingIsLeft();
  }
  console.log('kill -9 at | journal | then | outcome');
  for (const { at, entry, then, outcome } of table) console.log([at, entry, then, outcome].join(' | '));
  expect(table.filter(({ outcome }) => outcome !== well)).toEqual([]);
  await lab.nothingIsLeft();
  return { up: lines, destroy: undone };
}

/** Kills `lab` at that line of its run, and gives what the line says. Undefined: it wrote fewer, and came to its end. */
async function crash(lab: CrashedLab, args: readonly string[], line: number): Promise<string | undefined> {
  const env = {
    NODE_OPTIONS: `--import=${hook}`,
    LAB_CRASH_JOURNAL: lab.journal,
    LAB_CRASH_AT: String(line),
  };
  const { exitCode, run } = await lab.lab(args, env);
  if (exitCode === null) return (await entries(lab.journal)).at(-1);
  expect(exitCode, run.describe()).toBe(0);
  return undefined;
}

async function expectWell(lab: CrashedLab, args: readonly string[]): Promise<void> {
  const { exitCode, run } = await lab.lab(args);
  expect(exitCode, run.describe()).toBe(0);
}

/** What each line of a journal says: `network begun`, `machines done`, `ssh-include undone`. */
async function entries(journal: string): Promise<string[]> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: number; change?: { kind: string }; mark?: string });
  const kinds = new Map(lines.flatMap(({ id, change }) => (change === undefined ? [] : [[id, change.kind]])));
  return lines.map(({ id, mark }) => `${kinds.get(id) ?? '?'} ${mark ?? 'begun'}`);
}
