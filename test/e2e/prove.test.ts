import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/model/event.ts';
import { LabUser, type LabResult } from './support/lab-user.ts';
import { dockerLines } from './support/machine-commands.ts';

const unsound = resolve('test/fixtures/scenarios/prove.yaml');

describe('lab prove', () => {
  let user: LabUser;
  const prove = (...args: string[]): Promise<LabResult> =>
    user.lab(['prove', ...args, '--json', '--hosts-file', user.hostsFile]);

  beforeAll(async () => {
    user = await LabUser.create();
  });
  afterAll(async () => {
    await user.lab(['destroy', 'prove', '--yes', '--force']);
    await user.remove();
  });

  const checksOf = ({ run }: LabResult): CheckResult[] => run.report.tasks.flatMap(({ checks }) => checks);

  it('proves the chapter on three nodes, and leaves nothing', async () => {
    const junit = join(user.dir, 'junit.xml');
    const proved = await prove(
      'coreos',
      '--edition',
      'swarm',
      '--nodes',
      '3',
      '--reporter',
      `junit=${junit}`,
    );
    expect(proved.exitCode, proved.run.describe()).toBe(0);
    const checks = checksOf(proved);
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
    for (const claim of ['before: ', 'again: ', 'broken (', 'mended (']) {
      expect(checks.filter(({ title }) => title.startsWith(claim)).length, claim).toBeGreaterThan(5);
    }
    const xml = await readFile(junit, 'utf8');
    expect(xml).toContain('failures="0"');
    expect(xml.match(/<testcase /g)?.length).toBeGreaterThan(checks.length);
    expect(await dockerLines('ps', '--all', '--quiet')).toEqual([]);
    expect(await user.trace()).toEqual(user.before);
  });

  it('finds what a scenario claims and does not do, judges what comes after, and removes its lab', async () => {
    const tap = join(user.dir, 'proof.tap');
    const proved = await prove(unsound, '--reporter', `tap=${tap}`);
    expect(proved.exitCode, proved.run.describe()).toBe(1);
    expect(
      checksOf(proved)
        .filter(({ status }) => status === 'failed')
        .map(({ title }) => title),
    ).toEqual([
      'before: the machine has a name -- fails',
      'again: the command of the step ends well',
      'broken (rm site/one site/two), and still: two is there',
    ]);
    const steps = proved.run.report.tasks.filter(({ kind }) => kind === 'step');
    expect(steps.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed', 'passed']);
    expect((await readFile(tap, 'utf8')).match(/^ {4}not ok /gm)).toHaveLength(3);
    // What is left is the log that the report names.
    const log = proved.run.report.logPath ?? '';
    expect(await readFile(log, 'utf8')).toContain('prover$ mkdir site');
    const left = await user.trace();
    expect({ ...left, labFiles: [] }).toEqual({ ...user.before, labFiles: [] });
    expect(left.labFiles).toEqual([join(user.labHome, 'proofs', 'prove.log')]);
  });

  it('keeps the lab with --keep, and begins with none', async () => {
    const kept = await prove(unsound, '--keep', '--no-mutations');
    expect(kept.exitCode, kept.run.describe()).toBe(1);
    expect(checksOf(kept).filter(({ title }) => title.startsWith('broken'))).toEqual([]);
    expect((await user.mustLab(['ssh', 'prover', 'cat', 'site/index.html'])).stdout).toBe('hello\n');
    const again = await prove(unsound);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('LAB_EXISTS');
    expect(again.stderr).toContain('lab destroy prove');
    await user.mustLab(['destroy', 'prove', '--yes']);
  });
});
