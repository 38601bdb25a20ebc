import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findAgentLeftovers } from '../../../src/host/agent-leftovers.ts';
import { listAgentKeys } from '../../../src/host/agent-protocol.ts';
import { addAgentKey, agentSocketPath, startAgent, stopAgent } from '../../../src/host/ssh-agent.ts';
import { ensureSshKey } from '../../../src/host/ssh-key.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { createExecaExec } from '../../../src/io/execa-exec.ts';
import type { FoundLeftover } from '../../../src/model/leftover.ts';
import { labDir, labPaths } from '../../../src/state/lab-home.ts';
import { savedState } from '../../support/saved-lab.ts';

const exec = createExecaExec();
const { signal } = new AbortController();
const started: string[] = [];
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-left-'));
});
afterEach(async () => {
  for (const socket of started.splice(0)) await stopAgent(exec, systemClock, socket);
  await rm(dir, { recursive: true });
});

async function start(socket: string): Promise<void> {
  started.push(socket);
  await startAgent(exec, socket);
}

/** Only what is in this test's own folder: there may be other agents on this computer. */
async function find(home: string, labs: readonly string[], userAgent?: string): Promise<FoundLeftover[]> {
  const stagingDir = join(home, 'leftovers');
  const found = await findAgentLeftovers({
    ...{ exec, clock: systemClock, home, labs, temporaryDir: dir, stagingDir, userAgent },
  });
  return found.filter(({ leftover }) => leftover.where.startsWith(dir));
}

it('finds the agents of labs that are gone, here and in another LAB_HOME, and stops them', async () => {
  const home = join(dir, 'h');
  const other = join(dir, 'o');
  const sockets = [home, other].map((place) => agentSocketPath(labDir(place, 'coreos')));
  for (const socket of sockets) await start(socket);
  // Its folder is there: as far as can be told from here it lives.
  expect((await find(home, [])).map(({ leftover }) => leftover.where)).toEqual([sockets[0]]);
  await rm(labDir(other, 'coreos'), { recursive: true });
  const found = await find(home, []);
  expect(found.map(({ leftover }) => [leftover.standing, leftover.lab, leftover.where])).toEqual(
    sockets.map((socket) => ['left', 'coreos', socket]),
  );
  expect(found.map(({ owner }) => owner)).toEqual(
    [home, other].map((place) => ({ home: place, lab: 'coreos' })),
  );
  for (const { remove } of found) await remove?.(signal);
  expect(await find(home, [])).toEqual([]);
  await start(sockets[0] ?? '');
  await writeFile(labPaths(home, 'coreos').state, JSON.stringify(savedState));
  expect(await find(home, ['coreos'])).toEqual([]);
});

it('tells agents with their sockets in the temporary folder by the names of labs, where those are known', async () => {
  const home = join(dir, 'a'.repeat(100));
  const socket = agentSocketPath(labDir(home, 'coreos'), dir);
  expect(dirname(dirname(socket))).toBe(dir);
  await start(socket);
  expect((await find(home, [])).map(({ leftover }) => leftover.standing)).toEqual(['uncertain']);
  const [found] = await find(home, ['coreos']);
  expect(found).toMatchObject({ leftover: { standing: 'left' }, owner: { home, lab: 'coreos' } });
  await found?.remove?.(signal);
  expect(existsSync(dirname(socket))).toBe(false);
  // Such a folder without an agent.
  await mkdir(dirname(socket));
  await writeFile(socket, '');
  const [folder] = await find(home, []);
  expect(folder?.leftover).toMatchObject({ standing: 'left', what: 'folder of an ssh agent' });
  await folder?.remove?.(signal);
  expect(existsSync(dirname(socket))).toBe(false);
});

it("is not certain of a lab's key in the user's own agent, and takes out no other", async () => {
  const home = join(dir, 'h');
  const socket = join(dir, 'user.sock');
  await start(socket);
  for (const lab of ['coreos', 'gone']) {
    const key = await ensureSshKey({ exec, labDir: labDir(home, lab), lab });
    await addAgentKey(exec, socket, key);
  }
  await writeFile(labPaths(home, 'coreos').state, JSON.stringify(savedState));
  const found = await find(home, [], socket);
  expect(found.map(({ leftover }) => [leftover.standing, leftover.what])).toEqual([
    ['uncertain', 'ssh key "lab gone"'],
  ]);
  await found[0]?.remove?.(signal);
  expect(await listAgentKeys(socket)).toHaveLength(1);
  expect(await find(home, [], socket)).toEqual([]);
  expect(existsSync(join(home, 'leftovers'))).toBe(false);
});
