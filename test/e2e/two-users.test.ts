import { afterEach, beforeEach, expect, it } from 'vitest';
import { LabUser } from './support/lab-user.ts';
import { dockerLines } from './support/machine-commands.ts';

let mine: LabUser;
let other: LabUser;
beforeEach(async () => {
  mine = await LabUser.create();
  other = await LabUser.create();
});
afterEach(async () => {
  await other.remove();
  await mine.remove();
});

it('a lab of the same name of another user on the same engine is left alone', async () => {
  const one = ['--nodes', '1', '--no-play'];
  const up = await mine.up(...one);
  expect(up.exitCode, up.run.describe()).toBe(0);
  const before = await mine.trace();

  const refused = await other.up(...one);
  expect(refused.exitCode, refused.run.describe()).toBe(4);
  expect(refused.stderr).toContain('LAB_ADDRESS_TAKEN');
  expect(refused.stderr).toContain('chapterlab-coreos');
  const destroyed = await other.lab(['destroy', 'coreos', '--yes']);
  expect(destroyed.exitCode).toBe(2);
  expect(destroyed.stderr).toContain('LAB_NOT_UP');
  expect(await mine.trace()).toEqual(before);
  expect(await dockerLines('ps', '--format', '{{.Names}}')).toEqual(['coreos-core-01']);
  const check = await mine.lab(['check', 'coreos', '--only', 'etcd-members', '--json']);
  expect(check.exitCode, check.run.describe()).toBe(0);
  await mine.mustLab(['destroy', 'coreos', '--yes']);
  expect(await other.trace()).toEqual(other.before);
  expect(await mine.trace()).toEqual(mine.before);
});
