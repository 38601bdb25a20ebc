import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/discovery/registry-snapshot.ts';
import { send } from '../support/http-exchange.ts';
import { taskOf, tasksOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import type { LabResult } from './support/lab-user.ts';
import { docker, dockerLines, output } from './support/machine-commands.ts';

const nodes = ['core-01', 'core-02', 'core-03'];
const chapter = [
  'etcd-members',
  'form-swarm',
  'list-machines',
  'sample-image',
  'submit',
  'start',
  'open',
  'lose-node',
  'return-node',
  'stop',
];

describe('lab up coreos --nodes 3, and the life of that lab', () => {
  let user: LabUser;
  let first: LabResult;
  const junit = (): string => join(user.dir, 'junit.xml');
  // The sandbox's own hosts file, so that names can be asked of the system.
  const up = (...more: string[]): Promise<LabResult> =>
    user.lab(['up', 'coreos', '--nodes', '3', '--edition', 'swarm', '--reporter', 'json', ...more]);

  beforeAll(async () => {
    user = await LabUser.create();
    first = await up('--reporter', `junit=${junit()}`);
  });
  afterAll(() => user.remove());

  it('brings up three machines and plays the whole chapter, and every check passes', async () => {
    expect(first.exitCode, first.run.describe()).toBe(0);
    const { report } = first.run;
    expect(report.status).toBe('passed');
    const steps = report.tasks.filter((task) => task.kind === 'step');
    expect(steps.map(({ id, status }) => `${id} ${status}`)).toEqual(
      chapter.map((id) => `step-${id} passed`),
    );
    const checks = first.run.events.flatMap((event) =>
      event.type === 'check-finished' ? [event.check] : [],
    );
    expect(checks.length).toBeGreaterThan(chapter.length);
    expect(checks.filter((check) => check.status !== 'passed')).toEqual([]);
    // The chapter's point: each address is answered by its own node, before and after the loss of one.
    const answers = taskOf(first, 'step-return-node').checks.filter((check) =>
      check.command.startsWith('curl'),
    );
    expect(answers.map((check) => check.machine)).toEqual(nodes);
    const xml = await readFile(junit(), 'utf8');
    expect(xml).toContain('failures="0"');
    expect(xml.match(/<testcase /g)?.length).toBeGreaterThan(checks.length);
  });

  it('has formed one etcd cluster through the discovery service of lab', async () => {
    const { generation, subnet } = await user.state();
    expect(generation).toMatchObject({ number: 1, members: nodes });
    expect(generation?.discoveryUrl).toContain(`http://${subnet.replace('0/24', '1')}:`);
    const registry = JSON.parse(await readFile(user.labFile('discovery.json'), 'utf8')) as RegistrySnapshot;
    const token = registry.tokens.find((entry) => generation?.discoveryUrl.endsWith(`/${entry.token}`));
    expect(token?.size.value).toBe('3');
    expect(token?.members.map((member) => member.value.split('=')[0]).sort()).toEqual(nodes);
    for (const node of nodes) {
      const { stdout } = await user.mustLab([
        'ssh',
        node,
        'systemctl',
        'show',
        '--property=Environment',
        'etcd',
      ]);
      expect(stdout).toContain(`ETCD_DISCOVERY=${generation?.discoveryUrl ?? ''}`);
    }
  });

  it('can be reached by name, with pinned host keys and the key of the lab in an agent', async () => {
    const { machines } = await user.state();
    for (const { name, address } of machines) {
      expect(await output('getent', ['hosts', name])).toMatch(new RegExp(`^${address}\\s+${name}$`));
    }
    const config = join(user.home, '.ssh', 'config');
    const ssh = (...args: string[]): Promise<string> =>
      output('ssh', ['-F', config, '-o', 'BatchMode=yes', ...args], { env: user.env });
    for (const node of nodes) expect(await ssh(node, 'hostname')).toBe(node);
    const settings = await output('ssh', ['-F', config, '-G', 'core-01'], { env: user.env });
    expect(settings).toMatch(/^stricthostkeychecking true$/m);
    const knownHosts = await readFile(user.labFile('ssh/known_hosts'), 'utf8');
    expect(knownHosts.trim().split('\n')).toHaveLength(3);
    // With the agent alone, as fleetctl would come in.
    const { SSH_AUTH_SOCK } = await environment();
    const viaAgent = ['-o', `IdentityAgent=${SSH_AUTH_SOCK ?? ''}`, '-o', 'IdentityFile=none'];
    expect(await ssh(...viaAgent, '-o', 'IdentitiesOnly=no', 'core-03', 'hostname')).toBe('core-03');
  });

  /** What a shell has after `eval "$(lab env coreos)"`. */
  async function environment(): Promise<Record<string, string>> {
    const { stdout } = await user.mustLab(['env', 'coreos']);
    const env = { PATH: process.env['PATH'] };
    const variables = await output('sh', ['-c', `${stdout}\nenv`], { env });
    return Object.fromEntries(
      variables.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
  }

  it('is described by lab status, lab ssh and lab env', async () => {
    const { stdout } = await user.mustLab(['status', '--json']);
    const [lab] = JSON.parse(stdout) as {
      edition: string;
      machines: { name: string; state: string; id: string }[];
    }[];
    expect(lab?.edition).toBe('swarm');
    expect(lab?.machines.map(({ name, state }) => `${name} ${state}`)).toEqual(
      nodes.map((name) => `${name} running`),
    );
    const remote = await user.lab(['ssh', 'core-02', 'hostname; exit 7']);
    expect(remote).toMatchObject({ exitCode: 7, stdout: 'core-02\n' });
    const env = await environment();
    expect(env['LAB_MACHINES']).toBe(nodes.join(' '));
    const members = await output('etcdctl', ['member', 'list'], { env: { ...env, ETCDCTL_API: '3' } });
    expect(members.split('\n')).toHaveLength(3);
  });

  it('has nothing to do the second time, and changes nothing', async () => {
    const seen = async (): Promise<unknown> => ({
      state: await readFile(user.labFile('state.json'), 'utf8'),
      mtime: (await stat(user.labFile('state.json'))).mtimeMs,
      journal: await readFile(user.labFile('journal.jsonl'), 'utf8'),
      trace: { ...(await user.trace()), labFiles: undefined },
      started: await dockerLines(
        'inspect',
        '--format',
        '{{.State.StartedAt}}',
        ...nodes.map((n) => `coreos-${n}`),
      ),
    });
    const before = await seen();
    const again = await up();
    expect(again.exitCode, again.run.describe()).toBe(0);
    expect(again.run.report).toMatchObject({ status: 'unchanged', tasks: [] });
    const said = await user.mustLab(['up', 'coreos']);
    expect(said.stdout).toMatch(/nothing to do/i);
    expect(await seen()).toEqual(before);
  });

  it('shows what is wrong when a check does not hold, and is mended by playing the step', async () => {
    expect((await user.lab(['check', 'coreos'])).exitCode).toBe(0);
    await user.mustLab(['ssh', 'core-02', 'docker image rm --force localhost:5000/code.it']);
    const check = ['check', 'coreos', '--only', 'sample-image'];
    const failed = await user.lab([...check, '--json']);
    expect(failed.exitCode).toBe(1);
    const wrong = taskOf(failed, 'step-sample-image').checks.filter(({ status }) => status === 'failed');
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toMatchObject({ machine: 'core-02', title: 'every node has the image' });
    expect(wrong[0]?.actual).toMatch(/exit status 1/);
    const { stdout, exitCode } = await user.lab(check);
    expect(exitCode).toBe(1);
    for (const text of ['core-02', 'expected', 'actual', 'docker image inspect', 'docker build'])
      expect(stdout).toContain(text);
    expect(await user.lab(['play', 'coreos', '--only', 'sample-image'])).toMatchObject({ exitCode: 0 });
    expect(await user.lab(check)).toMatchObject({ exitCode: 0 });
  });

  it('plays single steps', async () => {
    const started = await user.lab(['play', 'coreos', '--only', 'start', '--only', 'open', '--json']);
    expect(started.exitCode, started.run.describe()).toBe(0);
    expect(tasksOf(started)).toEqual(['step-start', 'step-open']);
    const page = await send('GET', 'http://core-02/');
    expect(page).toMatchObject({
      status: 200,
      body: expect.stringContaining('code.it on core-02') as string,
    });
    // What holds now is the service that runs, not its stop, which was played earlier.
    const check = await user.lab(['check', 'coreos', '--json']);
    expect(check.exitCode, check.run.describe()).toBe(0);
    expect(tasksOf(check)).toContain('step-open');
    const unknown = await user.lab(['play', 'coreos', '--only', 'opne']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('LAB_STEP_UNKNOWN');
    expect(unknown.stderr).toContain('open');
  });

  it('is stopped by lab down and started by lab up, with the same cluster and the service on it', async () => {
    const before = await user.state();
    await user.mustLab(['down', 'coreos']);
    expect(await dockerLines('ps', '--quiet')).toEqual([]);
    const again = await up();
    expect(again.exitCode, again.run.describe()).toBe(0);
    expect(tasksOf(again)).toEqual(['render-files', 'boot-coreos']);
    const after = await user.state();
    expect(after.generation).toEqual(before.generation);
    expect(after.hostKeys).toEqual(before.hostKeys);
    const check = await user.lab(['check', 'coreos', '--json']);
    expect(check.exitCode, check.run.describe()).toBe(0);
  });

  it('makes a new cluster when a machine was removed by hand, and the chapter passes on it', async () => {
    const before = await user.state();
    await docker('rm', '--force', '--volumes', 'coreos-core-02');
    const again = await up();
    expect(again.exitCode, again.run.describe()).toBe(0);
    const after = await user.state();
    expect(after.generation?.number).toBe(2);
    expect(after.generation?.discoveryUrl).not.toBe(before.generation?.discoveryUrl);
    expect(tasksOf(again)).toEqual(expect.arrayContaining(chapter.map((id) => `step-${id}`)));
  });

  it('is removed without a trace, also when its machines are gone already', async () => {
    await docker('rm', '--force', '--volumes', ...nodes.map((node) => `coreos-${node}`));
    const destroyed = await user.lab(['destroy', 'coreos', '--yes']);
    expect(destroyed.exitCode, destroyed.run.describe()).toBe(0);
    expect(await user.trace()).toEqual(user.before);
  });
});
