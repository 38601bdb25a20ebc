import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { identify } from '../../../src/io/process-table.ts';
import type { FoundLeftover } from '../../../src/model/leftover.ts';
import { findFolderLeftovers } from '../../../src/state/folder-leftovers.ts';
import { hostLockPath, labPaths } from '../../../src/state/lab-home.ts';
import { findLockLeftovers } from '../../../src/state/lock-leftovers.ts';
import { savedState } from '../../support/saved-lab.ts';

const { signal } = new AbortController();
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-folders-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function write(path: string, text = ''): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const inLab = (lab: string, name: string): string => join(labPaths(home, lab).dir, name);
const shown = (found: readonly FoundLeftover[]): string[] =>
  found
    .map(({ leftover: { standing, what, why, advice = '' } }) => [standing, what, why, advice].join(' | '))
    .sort();

it('tells what each folder is, and removes only that of a lab that is gone', async () => {
  await write(inLab('alive', 'state.json'), JSON.stringify(savedState));
  await write(inLab('alive', 'hosts.backup'));
  await write(inLab('alive', 'journal.jsonl.damaged'));
  await write(inLab('cut', 'state.json'), '{"vers');
  await write(
    inLab('half', 'journal.jsonl'),
    '{"id":1,"at":"","change":{"kind":"ssh-agent","socket":"/s"}}\n',
  );
  await write(inLab('logs', 'logs/up.log'), 'x'.repeat(2000));
  await write(inLab('saved', 'hosts.backup'));
  const found = await findFolderLeftovers(home);
  expect(shown(found)).toEqual([
    'left | folder of lab logs | it has no state.json, only logs | ',
    'uncertain | folder of lab cut | its state cannot be read | `lab destroy cut --force` removes the lab',
    'uncertain | folder of lab half | it has no state and a journal of changes that are not undone | `lab destroy half` undoes them',
    'uncertain | folder of lab saved | it has no state; its hosts.backup is the hosts file before a write that was broken off | ',
    'uncertain | hosts.backup of lab alive | the hosts file before a write that was broken off | compare it with the hosts file, then remove it',
    'uncertain | journal.jsonl.damaged of lab alive | `lab destroy --force` has set it aside | remove it when nothing of the lab is missing',
  ]);
  const logs = found.find(({ leftover }) => leftover.lab === 'logs');
  expect(logs?.leftover.bytes).toBe(2000);
  for (const { remove } of found) await remove?.(signal);
  expect(
    ['alive', 'cut', 'half', 'logs', 'saved'].filter((lab) => existsSync(labPaths(home, lab).dir)),
  ).toEqual([...['alive', 'cut', 'half']]);
});

it('finds locks of ended processes on labs that are gone, and what their runs left running', async () => {
  const dead = JSON.stringify({ pid: 2 ** 30, command: 'lab up', since: 'then', nonce: 'n' });
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const pid = child.pid ?? 0;
  await write(labPaths(home, 'gone').lock, dead);
  await write(labPaths(home, 'gone').children, JSON.stringify([identify(pid)]));
  await write(labPaths(home, 'alive').lock, dead);
  await write(labPaths(home, 'alive').state, JSON.stringify(savedState));
  await write(
    labPaths(home, 'busy').lock,
    JSON.stringify({ pid: 1, command: 'lab up', since: 'now', nonce: 'n' }),
  );
  await write(hostLockPath(home), dead);
  const found = await findLockLeftovers(home, systemClock);
  expect(shown(found)).toEqual([
    `left | commands of a run on gone | the run was killed; still running: process ${pid} | `,
    'left | lock of all labs | its process has ended | ',
    'left | lock of lab gone | its process has ended | ',
  ]);
  for (const { remove } of found) await remove?.(signal);
  await ended;
  expect(existsSync(hostLockPath(home))).toBe(false);
  expect(existsSync(labPaths(home, 'gone').children)).toBe(false);
});

it('finds nothing where there is no LAB_HOME', async () => {
  expect(await findFolderLeftovers(join(home, 'none'))).toEqual([]);
  expect(await findLockLeftovers(join(home, 'none'), systemClock)).toEqual([]);
});
