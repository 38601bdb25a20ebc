import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { processesOf } from './support/host-trace.ts';
import type { LabRun } from './support/lab-run.ts';
import { LabUser } from './support/lab-user.ts';
import { docker, dockerLines } from './support/machine-commands.ts';

/** A moment of `lab up`, recognised by an event. */
interface Moment {
  name: string;
  isReached: (event: RunEvent) => boolean;
}

const starts = (task: string) => (event: RunEvent) => event.type === 'task-started' && event.task === task;
const says = (task: string, text: RegExp) => (event: RunEvent) =>
  event.type === 'task-progress' && event.task === task && text.test(event.message);

const moments: Moment[] = [
  { name: 'the image is built', isReached: says('build-image', /^Step \d+\/\d+ : RUN/) },
  { name: 'the network is made', isReached: starts('create-network') },
  { name: 'Vagrant starts', isReached: starts('boot-coreos') },
  { name: 'the container is made', isReached: says('boot-coreos', /^Creating the container/) },
  { name: 'the machine boots', isReached: says('boot-coreos', /^Waiting for machine to boot/) },
  { name: 'user-data is applied', isReached: starts('apply-user-data') },
  { name: 'a step is played', isReached: starts('step-form-swarm') },
];

let user: LabUser;
beforeEach(async () => {
  user = await LabUser.create();
});
afterEach(() => user.remove());

const up = (): string[] => user.upArguments('--nodes', '1');

/** What runs for the user, but for the agent, which is to outlive `lab`. */
const running = (): string[] =>
  processesOf(user.home).filter((command) => !/^\d+ (\S*\/)?ssh-agent /.test(command));

async function forgetImages(): Promise<void> {
  const images = await dockerLines('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'chapterlab/*');
  if (images.length > 0) await docker('image', 'rm', '--force', ...images);
}

/** Runs `lab up` until the moment comes, and ends it with the signal. */
async function upUntil(moment: Moment, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
  const run = user.start(up());
  await run.when(moment.isReached);
  const end = await run.interrupt(signal);
  if (signal === 'SIGKILL') {
    expect(end.exitCode).toBeNull();
    return;
  }
  expect(end.exitCode, run.describe()).toBe(130);
  expect(run.report.status).toBe('interrupted');
  expect(end.stderr).toContain('SIGINT');
  // Nothing goes on behind the back of somebody who has stopped it.
  expect(running()).toEqual([]);
}

describe.each(['SIGINT', 'SIGKILL'] as const)('lab up that is ended by %s', (signal) => {
  it('goes on where it was, in every phase, until the chapter is played', async () => {
    await forgetImages();
    for (const [index, { name }] of moments.entries()) {
      // Or a later moment: a Vagrant that survives its `lab` for a while may have finished what it was at.
      const left = moments.slice(index);
      await upUntil({ name, isReached: (event) => left.some(({ isReached }) => isReached(event)) }, signal);
    }
    const last = await user.lab(up());
    expect(last.exitCode, last.run.describe()).toBe(0);
    expect(running()).toEqual([]);
    const { generation, steps } = await user.state();
    expect(generation?.members).toEqual(['core-01']);
    expect(Object.values(steps).map(({ status }) => status)).not.toContain('failed');
    expect(await dockerLines('ps', '--all', '--format', '{{.Names}}')).toEqual(['coreos-core-01']);
    const again = await user.lab(up());
    expect(again.run.report.status).toBe('unchanged');
    await user.mustLab(['destroy', 'coreos', '--yes']);
    expect(await user.trace()).toEqual(user.before);
  });

  it.each(moments)('is removed without a trace by lab destroy when it ended while $name', async (moment) => {
    if (moment === moments[0]) await forgetImages();
    await upUntil(moment, signal);
    const destroyed = await user.lab(['destroy', 'coreos', '--yes']);
    expect(destroyed.exitCode, destroyed.run.describe()).toBe(0);
    // The engine itself cleans up after an image build whose client is gone, a little later.
    await expect.poll(() => user.trace(), { timeout: 5_000 }).toEqual(user.before);
  });
});

it('stops in order at SIGTERM, SIGHUP and a closed terminal, at once at a second Ctrl-C, and leaves nothing running', async () => {
  const oneMachine = [...up(), '--no-play'];
  const reaches = async (isReached: Moment['isReached']): Promise<LabRun> => {
    const run = user.start(oneMachine);
    await run.when(isReached);
    return run;
  };

  const onTerm = await reaches(starts('boot-coreos'));
  const { exitCode, stderr } = await onTerm.interrupt('SIGTERM');
  expect([exitCode, onTerm.report.status], onTerm.describe()).toEqual([130, 'interrupted']);
  expect(stderr).toContain('SIGTERM: stopping');
  expect(running()).toEqual([]);

  const impatient = await reaches(says('boot-coreos', /^(Creating|Waiting)/));
  process.kill(-impatient.pid, 'SIGINT');
  await impatient.says('SIGINT: stopping');
  const asked = performance.now();
  const killed = await impatient.interrupt('SIGINT');
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect(killed.exitCode).toBe(130);
  // Killed with the rest, but the system may take a moment to be done with them.
  await expect.poll(running, { timeout: 10_000 }).toEqual([]);
  const command = `lab ${oneMachine.join(' ')}`;
  expect(killed.stderr).toContain(
    `stopped at once. What was made is kept. To go on: \`${command}\`. To remove it: \`lab destroy coreos\`.`,
  );

  const window = user.onTerminal(oneMachine.filter((word) => word !== '--json'));
  await window.shows('Waiting for machine to boot');
  await window.close();
  await expect.poll(running, { timeout: 10_000 }).toEqual([]);
  // By the signal, or by the terminal that takes no more output: whichever is noticed first.
  expect(await newestLog()).toMatch(/"status":"interrupted".*The run was stopped by /);

  const onHangUp = await reaches(starts('apply-user-data'));
  expect((await onHangUp.interrupt('SIGHUP')).exitCode, onHangUp.describe()).toBe(130);
  expect(onHangUp.report.status).toBe('interrupted');
  expect(running()).toEqual([]);

  const last = await user.lab(oneMachine);
  expect(last.exitCode, last.run.describe()).toBe(0);

  const shell = user.onTerminal(['ssh', 'core-01']);
  await shell.shows('core-01');
  await shell.close();
  await expect.poll(running, { timeout: 5_000 }).toEqual([]);

  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});

async function newestLog(): Promise<string> {
  const logs = await readdir(user.labFile('logs'));
  return readFile(join(user.labFile('logs'), logs.sort().at(-1) ?? ''), 'utf8');
}

it('a destroy that is killed is finished by the next one', async () => {
  await user.mustLab([...up(), '--no-play']);
  const run = user.start(['destroy', 'coreos', '--yes', '--json']);
  await run.when((event) => event.type === 'task-started' && event.title.includes('vagrant destroy'));
  await run.interrupt('SIGKILL');
  await user.mustLab(['destroy', 'coreos', '--yes']);
  expect(await user.trace()).toEqual(user.before);
});
