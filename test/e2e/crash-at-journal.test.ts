import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LabUser, type LabResult } from './support/lab-user.ts';

const hook = pathToFileURL('test/e2e/support/crash-at-journal.mjs').href;

let user: LabUser;
beforeAll(async () => {
  user = await LabUser.create();
});
afterAll(() => user.remove());

const up = (): string[] => user.upArguments('--nodes', '1', '--no-play');
const destroy = ['destroy', 'coreos', '--yes'];

/** What each line of the lab's journal says: `network begun`, `machines done`, `ssh-include undone`. */
async function journal(): Promise<string[]> {
  const text = await readFile(user.labFile('journal.jsonl'), 'utf8').catch(() => '');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: number; change?: { kind: string }; mark?: string });
  const kinds = new Map(lines.flatMap(({ id, change }) => (change === undefined ? [] : [[id, change.kind]])));
  return lines.map(({ id, mark }) => `${kinds.get(id) ?? '?'} ${mark ?? 'begun'}`);
}

/** Kills `lab` at that line of its run. Undefined: it wrote fewer, and came to its end. */
async function crash(args: readonly string[], line: number): Promise<string | undefined> {
  const end = await user.lab(args, { NODE_OPTIONS: `--import=${hook}`, LAB_CRASH_AT: String(line) });
  if (end.exitCode === null) return (await journal()).at(-1);
  expect(end.exitCode, end.run.describe()).toBe(0);
  return undefined;
}

async function nothingIsLeft(): Promise<boolean> {
  const trace = await user.trace();
  expect(trace).toEqual(user.before);
  return true;
}

function outcome({ exitCode, run }: LabResult): string {
  return exitCode === 0 ? 'ends well' : `exit ${String(exitCode)}: ${run.describe()}`;
}

it('after kill -9 at any line of the journal `lab up` goes on and `lab destroy` leaves nothing', async () => {
  const table: string[][] = [];
  const note = (...row: string[]): void => {
    table.push(row);
  };
  for (let line = 1; ; line += 1) {
    const entry = await crash(up(), line);
    if (entry === undefined) break;
    note(`up ${String(line)}`, entry, 'lab destroy', outcome(await user.lab(destroy)));
    await nothingIsLeft();
  }
  const lines = table.length;
  await user.mustLab(destroy);
  for (let line = 1; line <= lines; line += 1) {
    const entry = (await crash(up(), line)) ?? 'none';
    note(`up ${String(line)}`, entry, 'lab up', outcome(await user.lab(up())));
    // Destroying is broken off, too, at one line after the other as long as there are any.
    const undone = await crash(destroy, line);
    if (undone === undefined) continue;
    note(`destroy ${String(line)}`, undone, 'lab destroy', outcome(await user.lab(destroy)));
    await nothingIsLeft();
  }
  console.log(['kill -9 at', 'journal', 'then', 'outcome'].join(' | '));
  for (const row of table) console.log(row.join(' | '));
  expect(table.filter((row) => row[3] !== 'ends well')).toEqual([]);
  // Network, machines, hosts block, agent, key, Include: each is begun and done.
  expect(lines).toBeGreaterThanOrEqual(10);
  expect(table.filter(([at = '']) => at.startsWith('destroy')).length).toBeGreaterThanOrEqual(5);
  await nothingIsLeft();
}, 900_000);
