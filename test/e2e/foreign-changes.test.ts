import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { taskOf } from './support/events.ts';
import { LabUser, type LabResult } from './support/lab-user.ts';
import { docker } from './support/machine-commands.ts';

const container = 'lab-e2e-mine';

let user: LabUser;
beforeAll(async () => {
  user = await LabUser.create();
});
afterAll(async () => {
  await docker('rm', '--force', container);
  await user.remove();
});

const one = ['--nodes', '1', '--no-play'];
const sshConfig = (): string => join(user.home, '.ssh', 'config');

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const next = change(text);
  expect(next).not.toBe(text);
  await writeFile(file, next);
}

function warningsOf({ run }: LabResult): string[] {
  return run.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}

it('what somebody else changed in the meantime is shown and left, and the rest goes', async () => {
  const made = await user.up(...one);
  expect(made.exitCode, made.run.describe()).toBe(0);
  expect(warningsOf(made)).toEqual([]);
  const [hosts, ssh] = [await readFile(user.hostsFile), await readFile(sshConfig())].map(String);

  // Lines of the user's own in both blocks: nothing is stale, and nothing is done but to show them.
  await edit(user.hostsFile, (text) => text.replace('172.17.8.101', '10.9.9.9\tdb\n172.17.8.101'));
  await edit(sshConfig(), (text) => text.replace('# <<<', 'Host work\n  Port 24\n# <<<'));
  const inHosts = `1 line in lab's block in ${user.hostsFile} is not lab's; `;
  const inSsh = `2 lines in lab's block in ${sshConfig()} are not lab's; `;
  const kept = [
    String.raw`${inHosts}lab leaves it there: "10.9.9.9\tdb"`,
    `${inSsh}lab leaves them there: "Host work", "  Port 24"`,
  ];
  const again = await user.up(...one);
  expect(again.exitCode, again.run.describe()).toBe(0);
  expect(again.run.report).toMatchObject({ status: 'unchanged', tasks: [] });
  expect(warningsOf(again)).toEqual(kept);

  // One of lab's own lines is gone: it comes back, in front of the other.
  await edit(user.hostsFile, (text) => text.replace(/^172\.17\.8\.101.*\n/m, ''));
  const mended = await user.up(...one);
  expect(mended.exitCode, mended.run.describe()).toBe(0);
  expect(mended.run.report.tasks.map(({ id }) => id)).toEqual(['write-hosts']);
  expect(warningsOf(mended).sort()).toEqual(kept);
  expect(await readFile(user.hostsFile, 'utf8')).toBe(hosts?.replace('# <<<', '10.9.9.9\tdb\n# <<<'));
  expect(await readFile(sshConfig(), 'utf8')).toBe(ssh?.replace('# <<<', 'Host work\n  Port 24\n# <<<'));

  const image = await docker('inspect', '--format', '{{.Image}}', 'coreos-core-01');
  const run = ['run', '--detach', '--init', '--name', container, '--network', 'chapterlab-coreos'];
  await docker(...run, '--entrypoint', 'sleep', image, '600');
  const failed = await user.lab(['destroy', 'coreos', '--yes', '--json']);
  expect(failed.exitCode, failed.run.describe()).toBe(5);
  const undone = failed.run.report.tasks.filter(({ status }) => status === 'failed');
  expect(undone.map(({ title }) => title)).toEqual(['Remove the network chapterlab-coreos']);
  expect(undone[0]?.error).toMatchObject({
    code: 'LAB_DOCKER_FAILED',
    message: `The network chapterlab-coreos was not removed: a container is still on it: ${container}.`,
    hint: expect.stringContaining(`docker network disconnect chapterlab-coreos ${container}`) as string,
  });
  const left = [
    String.raw`${inHosts}the block is gone and lab has left it in its place: "10.9.9.9\tdb"`,
    `${inSsh}the block is gone and lab has left them in its place: "Host work", "  Port 24"`,
  ];
  expect(warningsOf(failed).sort()).toEqual(left);
  expect(taskOf(failed, 'remove-lab').status).toBe('skipped');
  // All but the network is undone, and what is not lab's is untouched.
  expect(await docker('inspect', '--format', '{{.State.Running}}', container)).toBe('true');
  expect(await docker('ps', '--all', '--format', '{{.Names}}')).toBe(container);

  await docker('network', 'disconnect', 'chapterlab-coreos', container);
  const gone = await user.mustLab(['destroy', 'coreos', '--yes', '--json']);
  expect(warningsOf(gone)).toEqual([]);
  await docker('rm', '--force', container);
  expect(await readFile(user.hostsFile, 'utf8')).toBe('127.0.0.1\tlocalhost\n# mine\n10.9.9.9\tdb\n');
  expect(await readFile(sshConfig(), 'utf8')).toBe('Host work\n  Port 24\nHost example\n  User me\n');
  await edit(user.hostsFile, (text) => text.replace('\n10.9.9.9\tdb\n', ''));
  await edit(sshConfig(), (text) => text.replace('Host work\n  Port 24\n', ''));
  expect(await user.trace()).toEqual(user.before);
});
