import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeLeftovers } from '../../../src/cli/remove-leftovers.ts';
import type { Tools } from '../../../src/cli/tools.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { CommandError } from '../../../src/model/errors.ts';
import type { FoundLeftover, LeftoverOutcome } from '../../../src/model/leftover.ts';
import { labPaths } from '../../../src/state/lab-home.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import { savedState } from '../../support/saved-lab.ts';

let dir: string;
let tools: Tools;
let calls: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-remove-'));
  calls = [];
  const http = {
    request: () => Promise.reject(new Error('no')),
    download: () => Promise.reject(new Error('no')),
  };
  const { exec } = fakeExec([]);
  tools = {
    home: join(dir, 'home'),
    cache: dir,
    exec,
    http,
    clock: systemClock,
    recordChildren: () => undefined,
  };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function leftover(what: string, lab?: string, home = tools.home, fails?: Error): FoundLeftover {
  return {
    leftover: { standing: 'left', what, where: 'here', why: 'a test' },
    ...(lab === undefined ? {} : { owner: { home, lab } }),
    remove: () => {
      const lock = lab !== undefined && existsSync(labPaths(home, lab).lock);
      calls.push(`${what}${lock ? ', lab held' : ''}`);
      return fails === undefined ? Promise.resolve() : Promise.reject(fails);
    },
  };
}

const remove = async (...chosen: FoundLeftover[]): Promise<string[]> => {
  const outcomes = await removeLeftovers(chosen, tools, new AbortController().signal);
  return outcomes.map(({ leftover: { what }, outcome, reason }: LeftoverOutcome) =>
    [what, outcome, ...(reason === undefined ? [] : [reason])].join(': '),
  );
};

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

it('removes those of a lab together while the lab is held, those of none last, and goes on after a failure', async () => {
  const refusal = new CommandError('LAB_DOCKER_FAILED', 'Removing it failed.', {
    output: 'first\nit is in use\n',
  });
  const outcomes = await remove(
    leftover('temporary file'),
    leftover('container', 'coreos', tools.home, refusal),
    leftover('vm', 'dokku'),
    leftover('network', 'coreos'),
  );
  expect(calls).toEqual(['container, lab held', 'network, lab held', 'vm, lab held', 'temporary file']);
  expect(outcomes).toEqual([
    'container: failed: Removing it failed: it is in use',
    'network: removed',
    'vm: removed',
    'temporary file: removed',
  ]);
  expect(existsSync(labPaths(tools.home, 'coreos').lock)).toBe(false);
});

it('leaves a lab alone that has come back since the list was made', async () => {
  await write(labPaths(tools.home, 'coreos').state, JSON.stringify(savedState));
  expect(await remove(leftover('container', 'coreos'))).toEqual([
    'container: failed: lab coreos has come back meanwhile',
  ]);
  expect(calls).toEqual([]);
});

it('leaves a lab alone that another process is at work on', async () => {
  const owner = { pid: 1, command: 'lab up', since: 'today', nonce: 'n' };
  await write(labPaths(tools.home, 'coreos').lock, JSON.stringify(owner));
  const outcomes = await remove(leftover('container', 'coreos'), leftover('temporary file'));
  expect(outcomes).toEqual([
    'container: failed: Lab coreos is in use: process 1 (lab up) has been at work on it since today',
    'temporary file: removed',
  ]);
});

it('makes no LAB_HOME for the sake of a lock where another one is gone', async () => {
  const other = join(dir, 'other');
  expect(await remove(leftover('container', 'coreos', other))).toEqual(['container: removed']);
  expect(existsSync(other)).toBe(false);
  await mkdir(other);
  expect(await remove(leftover('container', 'coreos', other))).toEqual(['container: removed']);
  expect(calls).toEqual(['container', 'container, lab held']);
});

it('stops between two of them', async () => {
  const stop = new AbortController();
  const first = leftover('first');
  const last = leftover('last');
  const stopping = {
    ...first,
    remove: () => {
      stop.abort(new Error('Ctrl-C'));
      return Promise.resolve();
    },
  };
  await expect(removeLeftovers([stopping, last], tools, stop.signal)).rejects.toThrow('Ctrl-C');
  expect(calls).toEqual([]);
});
