import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { breakSshd, mendSshd } from './support/bad-sshd.ts';
import type { BadSshd } from './support/bad-sshd.ts';
import { taskOf } from './support/events.ts';
import type { LabRun } from './support/lab-run.ts';
import { LabUser } from './support/lab-user.ts';
import type { LabResult } from './support/lab-user.ts';
import { docker, dockerLines } from './support/machine-commands.ts';

const scenario = resolve('test/fixtures/scenarios/faults.yaml');
const victim = 'faults-core-02';

const boots = (machine: string) => (event: RunEvent) =>
  event.type === 'task-progress' &&
  event.machine === machine &&
  event.message.startsWith('Waiting for machine');
const starts = (task: string) => (event: RunEvent) => event.type === 'task-started' && event.task === task;

/** The lab's discovery service is to listen on a port that its nodes know. */
async function withPortTaken(port: number, use: () => Promise<LabResult>): Promise<LabResult> {
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  try {
    return await use();
  } finally {
    other.close();
  }
}

/** Seconds from the fault to the end of the run. */
async function endAfter(
  run: LabRun,
  fault: () => Promise<unknown>,
): Promise<LabResult & { seconds: number }> {
  const struck = performance.now();
  await fault();
  const end = await run.ended;
  return { ...end, run, seconds: (performance.now() - struck) / 1000 };
}

/** What a test that failed has left at work. */
async function kill(run: LabRun): Promise<void> {
  try {
    process.kill(run.pid, 'SIGKILL');
  } catch {
    return; // It has ended.
  }
  await run.ended;
}

describe('faults of machines that are there', () => {
  let user: LabUser;
  const started: LabRun[] = [];
  const start = (...args: string[]): LabRun => {
    const run = user.start(args);
    started.push(run);
    return run;
  };
  beforeAll(async () => {
    user = await LabUser.create();
  });
  afterAll(async () => {
    await Promise.all(started.map(kill));
    await user.lab(['destroy', 'faults', '--yes', '--force']);
    await user.remove();
  });

  const up = (): string[] => ['up', scenario, '--json', '--no-play', '--hosts-file', user.hostsFile];

  it('a node is killed while it boots, then while user-data is applied: named soon, and made later', async () => {
    const booting = start(...up());
    await booting.when(boots('core-02'));
    const dead = await endAfter(booting, () => docker('kill', victim));
    expect(dead.exitCode, dead.run.describe()).toBe(5);
    expect(dead.seconds).toBeLessThan(30);
    const { error } = taskOf(dead, 'boot-coreos');
    expect(error).toMatchObject({ code: 'LAB_VAGRANT_FAILED', machine: 'core-02' });
    expect(error?.message).toContain('did not stay up while it booted: its container was stopped');
    expect(error?.hint).toMatch(/same command again.*docker ps/);
    const kept = await dockerLines('ps', '--quiet', '--no-trunc');
    expect(await dockerLines('ps', '--format', '{{.Names}}')).toEqual(['faults-core-01']);

    const applying = start(...up());
    await applying.when(starts('apply-user-data'));
    const lost = await endAfter(applying, () => docker('kill', victim));
    expect(lost.exitCode, lost.run.describe()).toBe(5);
    expect(lost.seconds).toBeLessThan(45);
    expect(taskOf(lost, 'apply-user-data').error).toMatchObject({
      code: 'LAB_SSH_FAILED',
      machine: 'core-02',
    });

    const refused = await withPortTaken((await user.state('faults')).discoveryPort ?? 0, () =>
      user.lab(up()),
    );
    expect(refused.exitCode, refused.run.describe()).toBe(4);
    expect(taskOf(refused, 'serve-discovery').error).toMatchObject({
      code: 'LAB_PORT_TAKEN',
      hint: expect.stringContaining('`lab destroy`') as string,
    });
    await user.mustLab(up());
    expect(await dockerLines('ps', '--quiet', '--no-trunc')).toEqual(expect.arrayContaining(kept));
  });

  /** `lab check` of the step that gives up after 2 s. */
  const check = (): Promise<LabResult> => user.lab(['check', 'faults', '--only', 'answers', '--json']);

  it('something else than its sshd answers on a node: each command ends in time and says so', async () => {
    const reasons: Partial<Record<BadSshd, RegExp>> = {
      silence: /within [\d.]+ s: Timed out while waiting for handshake/,
      garbage: /what answers there is no ssh server/,
      'endless banner': /what answers there is no ssh server \(Header line too long\)/,
      'hangs up': /Connection lost before handshake|ECONNRESET/,
    };
    let silent: { run: LabRun; begun: number } | undefined;
    for (const [kind, reason] of Object.entries(reasons)) {
      await breakSshd(victim, kind as BadSshd);
      silent ??= { run: start('ssh', 'core-02', 'true'), begun: performance.now() };
      const begun = performance.now();
      const checked = await check();
      expect((performance.now() - begun) / 1000, kind).toBeLessThan(15);
      expect(checked.exitCode, checked.run.describe()).toBe(1);
      const [result] = taskOf(checked, 'step-answers').checks;
      expect(result).toMatchObject({ status: 'failed', machine: 'core-02' });
      expect(result?.actual).toMatch(/^core-02 cannot be reached over ssh/);
      expect(result?.actual).toMatch(reason);
      expect(result?.hint).toContain('`lab status`');
    }
    await breakSshd(victim, 'another key');
    const refused = await check();
    expect(refused.exitCode, refused.run.describe()).toBe(5);
    expect(taskOf(refused, 'step-answers').error).toMatchObject({
      code: 'LAB_HOST_KEY_CHANGED',
      machine: 'core-02',
    });
    const { stdout } = await user.mustLab(['status']);
    expect(stdout).toMatch(/core-02 .*running/);
    await mendSshd(victim);
    await user.mustLab(['check', 'faults', '--only', 'answers']);

    const ended = await silent?.run.ended;
    expect(ended?.exitCode).toBe(255);
    expect(ended?.stderr).toContain('LAB_SSH_FAILED');
    expect((performance.now() - (silent?.begun ?? 0)) / 1000).toBeLessThan(60);
  });

  const runs = async (): Promise<number> =>
    Number(await docker('exec', victim, 'sh', '-c', 'cat ~core/runs 2>/dev/null | wc -l'));

  /** Plays the step that waits and lets the fault strike when its command is at work. */
  async function strikeWaitingStep(fault: () => Promise<unknown>, limit: number): Promise<void> {
    const before = await runs();
    const run = start('play', 'faults', '--only', 'waits', '--json');
    await expect.poll(runs, { timeout: 30_000 }).toBe(before + 1);
    const end = await endAfter(run, fault);
    expect(end.seconds).toBeLessThan(limit);
    expect(end.exitCode, end.run.describe()).toBe(1);
    const [result] = taskOf(end, 'step-waits').checks;
    expect(result).toMatchObject({ status: 'failed', machine: 'core-02' });
    expect(result?.actual).toContain('The ssh connection to core-02 failed: ');
    expect(result?.hint).toContain('may still be at work');
    expect((await user.state('faults')).steps['waits']?.status).toBe('failed');
  }

  /** Each turn of the step's loop sleeps. */
  const isAtWork = (): Promise<boolean> =>
    docker('exec', victim, 'pgrep', '-u', 'core', '-x', 'sleep').then(
      () => true,
      () => false,
    );

  it('the connection breaks off under a command: the step has failed, nothing runs twice, the next lab up goes on', async () => {
    await strikeWaitingStep(() => docker('exec', victim, 'pkill', '-KILL', '-u', 'core', 'sshd'), 15);
    expect(await runs()).toBe(1);
    await expect.poll(isAtWork).toBe(true);

    await strikeWaitingStep(() => docker('pause', victim), 45);
    await docker('unpause', victim);
    expect(await runs()).toBe(2);
    await expect.poll(isAtWork).toBe(true);

    const again = start('up', scenario, '--json', '--hosts-file', user.hostsFile);
    await expect.poll(runs, { timeout: 30_000 }).toBe(3);
    await docker('exec', '--user', 'core', victim, 'touch', '/home/core/gate');
    const end = await again.ended;
    expect(end.exitCode, again.describe()).toBe(0);
    expect(await runs()).toBe(3);
    expect((await user.state('faults')).steps['waits']?.status).toBe('passed');
  });

  it('a node is killed under a command: the step has failed, and the lab can be removed', async () => {
    await docker('exec', victim, 'rm', '/home/core/gate');
    await strikeWaitingStep(() => docker('kill', victim), 45);
    await user.mustLab(['destroy', 'faults', '--yes']);
    expect(await user.trace()).toEqual(user.before);
  });
});
