import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reserveSubnet } from '../../../src/cli/reserve-subnet.ts';
import type { Tools } from '../../../src/cli/tools.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { noSubnet } from '../../../src/model/cidr.ts';
import { labPaths } from '../../../src/state/lab-home.ts';
import { formedState } from '../plan/plan-fixture.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-subnets-'));
});
afterEach(() => rm(home, { recursive: true }));

const reserve = (lab: string, subnet: string): Promise<boolean> => {
  const tools = { home, clock: systemClock } as Tools;
  return reserveSubnet({ ...formedState(1), lab, subnet }, tools, new AbortController().signal);
};

it('gives a range to one of ten labs that want it at the same moment', async () => {
  const labs = Array.from({ length: 10 }, (_, index) => `lab-${String(index)}`);
  const answers = await Promise.all(labs.map((lab) => reserve(lab, '172.17.8.0/24')));
  expect(answers.filter((has) => has)).toHaveLength(1);
  const winner = labs[answers.indexOf(true)] ?? '';
  expect(await readdir(join(home, 'labs'))).toEqual([winner]);
  expect(await reserve(winner, '172.17.8.0/24')).toBe(true);
  expect(await reserve('other', '172.17.0.0/16')).toBe(false);
  expect(await reserve('other', '172.17.9.0/24')).toBe(true);
  expect(existsSync(join(home, 'subnets.lock'))).toBe(false);
});

it('writes nothing for a lab without a network, and minds no lab whose state cannot be read', async () => {
  const { state } = labPaths(home, 'broken');
  await mkdir(labPaths(home, 'broken').dir, { recursive: true });
  await writeFile(state, 'garbage');
  expect(await reserve('bare', noSubnet)).toBe(true);
  expect(existsSync(labPaths(home, 'bare').state)).toBe(false);
  expect(await reserve('coreos', '172.17.8.0/24')).toBe(true);
});
