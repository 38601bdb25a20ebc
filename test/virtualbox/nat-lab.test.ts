import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type { Plan } from '../../src/model/plan.ts';
import { taskOf } from '../e2e/support/events.ts';
import type { LabRun } from '../e2e/support/lab-run.ts';
import { bootTimes } from './support/boot-times.ts';
import { killTree } from './support/kill-tree.ts';
import { forwardedPorts, powerOff, vboxManage } from './support/vbox-manage.ts';
import { VirtualBoxUser } from './support/virtualbox-user.ts';
import type { VirtualBoxTrace } from './support/virtualbox-user.ts';

const nodes = ['core-01', 'core-02', 'core-03'];

/** One lab from its first `up` to its `destroy`: each test goes on where the one before has left it. */
describe('a lab on VirtualBox', () => {
  let user: VirtualBoxUser;
  let before: VirtualBoxTrace;
  /** Ports that were forwarded to the lab's machines at any time. */
  const ports = new Set<number>();
  let isUp = false;

  beforeAll(async () => {
    user = await VirtualBoxUser.create();
    before = await user.trace();
  });
  afterAll(() => user.remove());

  it('is planned in stages, and nothing is made by planning', async () => {
    const { stdout } = await user.up('--dry-run');
    const { tasks } = JSON.parse(stdout) as Plan;
    expect(tasks.find((task) => task.kind === 'add-boxes')).toMatchObject({ boxes: [{ name: 'tinylab' }] });
    expect(tasks.find((task) => task.kind === 'boot-machines')).toMatchObject({
      machines: nodes,
      stages: { first: 'core-01', others: ['core-02', 'core-03'] },
    });
    expect(await user.trace()).toEqual(before);
  });

  it('leaves nothing when it is killed while it imports and then destroyed', async () => {
    await upAndKillImport(/^Importing base box/, '--nodes', '1');
    await user.mustLab('destroy', 'nat', '--yes');
    expect(await user.trace()).toEqual(before);
  });

  it('is finished by the next lab up after such a kill, with boots that overlap', async () => {
    await upAndKillImport(/^Preparing master VM/);
    await upAndKillImport(/^Cloning VM/);
    const run = user.start(user.upArguments());
    await run.when((event) => event.type === 'task-started');
    const second = await user.lab(user.upArguments());
    expect(second.exitCode, second.run.describe()).toBe(4);
    expect(second.stderr + second.stdout).toContain('LAB_STATE_LOCKED');

    const end = await run.ended;
    expect(end.exitCode, run.describe()).toBe(0);
    const checks = run.events.flatMap((event) => (event.type === 'check-finished' ? [event.check] : []));
    expect(checks).toHaveLength(3 * nodes.length);
    expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
    // Nothing half made is left beside them.
    expect(await states()).toEqual(nodes.map((node) => `chapterlab-nat-${node} running`));

    const times = bootTimes(run);
    console.log(times.map(({ machine, from, to }) => `${machine}: ${from} s to ${to} s`).join('\n'));
    expect(times.map(({ machine }) => machine).sort()).toEqual(nodes);
    const [first, next] = times;
    expect(first?.machine).toBe('core-01');
    expect(next?.from).toBeLessThan(first?.to ?? 0);
    await rememberPorts();
    isUp = true;
  });

  describe('that is up', () => {
    beforeEach(({ skip }) => {
      skip(!isUp, 'it is not up');
    });

    it('has nothing to do the second time', async () => {
      const { run } = await user.up();
      expect(run.report).toMatchObject({ status: 'unchanged', tasks: [] });
    });

    it('says how it is without starting Vagrant', async () => {
      const bin = join(user.dir, 'no-vagrant');
      await mkdir(bin);
      const mark = join(bin, 'was-called');
      await writeFile(join(bin, 'vagrant'), `#!/bin/sh\n: >'${mark}'\nexit 99\n`, { mode: 0o755 });
      const { stdout, exitCode } = await user.lab(['status', '--json'], {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      });
      expect(exitCode).toBe(0);
      expect(machineStates(stdout)).toEqual(nodes.map((node) => `${node} running`));
      expect(await readdir(bin)).toEqual(['vagrant']);
    });

    it('runs a command on a machine', async () => {
      expect(await user.lab(['ssh', 'core-02', 'hostname; exit 7'])).toMatchObject({
        exitCode: 7,
        stdout: 'core-02\n',
      });
    });

    it('goes back to a checkpoint, on all machines, with the right time', async () => {
      await user.mustLab('checkpoint', 'save', 'clean');
      await Promise.all(nodes.map((node) => user.ssh(node, 'echo later > later; rm note')));
      await user.mustLab('checkpoint', 'restore', 'clean');
      for (const node of nodes) {
        expect(await user.ssh(node, 'cat note; ls later 2>&1; true')).toMatch(
          /^note of .*\nls: later: No such file/,
        );
        const seconds = Number(await user.ssh(node, 'date +%s'));
        expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(5);
      }
      const check = await user.lab(['check', 'nat', '--json']);
      expect(check.exitCode, check.run.describe()).toBe(0);
      const { stdout } = await user.mustLab('checkpoint', 'list', '--json');
      expect(stdout).toContain('"clean"');
      await user.mustLab('checkpoint', 'delete', 'clean');
      await rememberPorts();
    });

    it('makes a machine again that was removed behind its back, and leaves the others alone', async () => {
      const [first, second, third] = await user.machines();
      await powerOff(second?.id ?? '');
      await vboxManage('unregistervm', second?.id ?? '', '--delete');
      expect(await status()).toEqual(['core-01 running', 'core-02 absent', 'core-03 running']);
      const boots = await bootIds('core-01', 'core-03');

      // Killed once more on the way: that machine runs, and has not got yet what makes it one of the lab.
      await upAndKill(/^Machine booted and ready/);
      const again = await user.up();
      expect(taskOf(again, 'boot-coreos')).toMatchObject({ status: 'changed', message: '1 running' });
      expect(await status()).toEqual(nodes.map((node) => `${node} running`));
      const [newFirst, newSecond, newThird] = await user.machines();
      expect([newFirst?.id, newThird?.id]).toEqual([first?.id, third?.id]);
      expect(newSecond?.id).not.toBe(second?.id);
      expect(await bootIds('core-01', 'core-03')).toEqual(boots);
      // What the steps had done on the machine that is gone has been done again.
      const check = await user.lab(['check', 'nat', '--json']);
      expect(check.exitCode, check.run.describe()).toBe(0);
      await rememberPorts();
    });

    it('is stopped by lab down and started by lab up, whatever was done to its machines meanwhile', async () => {
      const before = await user.machines();
      const [first, second, third] = before.map(({ id }) => id);
      await vboxManage('controlvm', first ?? '', 'savestate');
      // As when a laptop's battery is empty, but with what the steps wrote on disk.
      await user.ssh('core-02', 'sync');
      await powerOff(second ?? '');
      expect(await status()).toEqual(['core-01 stopped (saved)', 'core-02 stopped', 'core-03 running']);
      await user.mustLab('down', 'nat');
      expect(await status()).toEqual(['core-01 stopped (saved)', 'core-02 stopped', 'core-03 stopped']);
      await vboxManage('modifyvm', third ?? '', '--name', 'renamed by hand');

      const again = await user.up();
      expect(taskOf(again, 'boot-coreos')).toMatchObject({ status: 'changed', message: '3 running' });
      expect(await status()).toEqual(nodes.map((node) => `${node} running`));
      const ids = (machines: { id: string }[]): string[] => machines.map(({ id }) => id).sort();
      expect(ids(await user.machines())).toEqual(ids(before));
      const check = await user.lab(['check', 'nat', '--json']);
      expect(check.exitCode, check.run.describe()).toBe(0);
      await rememberPorts();
    });
  });

  it('is removed without a trace', async () => {
    await user.mustLab('destroy', 'nat', '--yes');
    expect(await user.trace()).toEqual(before);
    expect(ports.size).toBeGreaterThanOrEqual(2 * nodes.length);
    for (const port of ports) expect(await isOpen(port), `port ${port}`).toBe(false);
  });

  /** Runs `lab up` until Vagrant says that; then kills all that it has started. */
  async function upAndKill(said: RegExp, ...args: string[]): Promise<void> {
    const run = user.start(user.upArguments(...args));
    await killWhen(run, said);
  }

  /** The same, and a machine must have come into being since Vagrant said it. */
  async function upAndKillImport(said: RegExp, ...args: string[]): Promise<void> {
    const run = user.start(user.upArguments(...args));
    const known = await listed();
    await killWhen(run, said, async () => {
      await expect.poll(listed, { timeout: 30_000, interval: 10 }).not.toBe(known);
    });
  }

  async function killWhen(
    run: LabRun,
    said: RegExp,
    isReached = (): Promise<void> => Promise.resolve(),
  ): Promise<void> {
    await run.when((event: RunEvent) => event.type === 'task-progress' && said.test(event.message));
    await isReached();
    killTree(run.pid);
    expect((await run.ended).exitCode, run.describe()).toBeNull();
  }

  /** How many machines VirtualBox knows. Quicker than to ask for their states. */
  async function listed(): Promise<number> {
    return (await vboxManage('list', 'vms')).split('\n').filter((line) => line !== '').length;
  }

  async function states(): Promise<string[]> {
    return (await user.machines()).map(({ name, state }) => `${name} ${state}`);
  }

  /** What changes whenever a machine is booted, and not when it is resumed. */
  function bootIds(...machines: string[]): Promise<string[]> {
    return Promise.all(machines.map((machine) => user.ssh(machine, 'cat /proc/sys/kernel/random/boot_id')));
  }

  async function status(): Promise<string[]> {
    return machineStates((await user.mustLab('status', '--json')).stdout);
  }

  async function rememberPorts(): Promise<void> {
    for (const { id } of await user.machines()) for (const port of await forwardedPorts(id)) ports.add(port);
  }
});

function machineStates(json: string): string[] {
  const [lab] = JSON.parse(json) as { machines: { name: string; state: string; detail?: string }[] }[];
  return (lab?.machines ?? []).map(
    ({ name, state, detail }) => `${name} ${state}${detail === undefined ? '' : ` (${detail})`}`,
  );
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}
