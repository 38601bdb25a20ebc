import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDiscovery } from './support/discovery-serve.ts';
import { taskOf, tasksOf } from './support/events.ts';
import { LabUser } from './support/lab-user.ts';
import { docker, dockerLines } from './support/machine-commands.ts';

describe('a lab of one node that grows', () => {
  let user: LabUser;
  beforeAll(async () => {
    user = await LabUser.create();
  });
  afterAll(() => user.remove());

  it('is left alone by a second command at the same time, which says whose it is', async () => {
    const first = user.start(user.upArguments('--nodes', '1'));
    await first.when((event) => event.type === 'task-started' && event.task === 'boot-coreos');
    for (const args of [user.upArguments('--nodes', '1'), ['destroy', 'coreos', '--yes']]) {
      const second = await user.lab(args);
      expect(second.exitCode).toBe(4);
      expect(second.stderr).toContain('LAB_STATE_LOCKED');
      expect(second.stderr).toContain(`process ${String(first.pid)} (lab up)`);
    }
    const { exitCode } = await first.ended;
    expect(exitCode, first.describe()).toBe(0);
    expect(first.report.status).toBe('passed');
  });

  it('has skipped the steps that need three nodes, and says why', async () => {
    const { steps } = await user.state();
    const skipped = Object.entries(steps).filter(([, { status }]) => status === 'skipped');
    expect(skipped.map(([id]) => id)).toEqual(['lose-node', 'return-node']);
    const played = await user.lab(['play', 'coreos', '--only', 'lose-node', '--json']);
    expect(played.exitCode).toBe(0);
    const { status, message } = taskOf(played, 'step-lose-node');
    expect(status).toBe('skipped');
    expect(message).toContain('needs 3 nodes: a cluster of one or two loses its quorum');
  });

  it('reaches the discovery service from its nodes; other networks are refused', async () => {
    const { subnet } = await user.state();
    const gateway = subnet.replace('0/24', '1');
    const service = await serveDiscovery(user, '--bind', gateway, '--port', '0', '--allow', subnet);
    try {
      const { stdout } = await user.mustLab(['ssh', 'core-01', `curl -s '${service.url}/new?size=3'`]);
      expect(stdout.trim()).toMatch(/^http:\/\/172\.17\.8\.1:\d+\/[0-9a-f]{32}$/);
      await docker('network', 'create', '--subnet', '192.168.77.0/24', 'lab-e2e-strangers');
      const image = await docker('inspect', '--format', '{{.Image}}', 'coreos-core-01');
      const curl = ['-s', '-o', '/dev/null', '-w', '%{http_code}', `${service.url}/new?size=3`];
      const run = ['run', '--rm', '--network', 'lab-e2e-strangers', '--entrypoint', 'curl', image];
      expect(await docker(...run, ...curl)).toBe('403');
    } finally {
      await service.stop();
      await docker('network', 'rm', 'lab-e2e-strangers');
    }
  });

  it('becomes a new cluster of two, after a warning', async () => {
    const before = await user.state();
    const grown = await user.up('--nodes', '2', '--no-play');
    expect(grown.exitCode, grown.run.describe()).toBe(0);
    const warnings = grown.run.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/2 nodes tolerate no more failures than 1/);
    expect(tasksOf(grown)).toContain('boot-coreos');
    expect(taskOf(grown, 'boot-coreos').message).toBe('1 running');
    const { generation } = await user.state();
    expect(generation).toMatchObject({ number: 2, members: ['core-01', 'core-02'] });
    expect(generation?.discoveryUrl).not.toBe(before.generation?.discoveryUrl);
    const check = await user.lab(['check', 'coreos', '--only', 'etcd-members', '--json']);
    expect(check.exitCode, check.run.describe()).toBe(0);
    expect(await readFile(user.hostsFile, 'utf8')).toMatch(/^172\.17\.8\.102\s+core-02$/m);
    expect(await dockerLines('ps', '--format', '{{.Names}}')).toEqual(['coreos-core-01', 'coreos-core-02']);
  });

  it('refuses to shrink', async () => {
    const shrunk = await user.up('--nodes', '1');
    expect(shrunk.exitCode).toBe(2);
    expect(shrunk.stderr).toContain('--nodes is 2, not 1');
  });

  it('plays the chapter on two nodes, then goes without a trace', async () => {
    const played = await user.lab(['play', 'coreos', '--until', 'open', '--json']);
    expect(played.exitCode, played.run.describe()).toBe(0);
    await user.mustLab(['destroy', 'coreos', '--yes']);
    expect(await user.trace()).toEqual(user.before);
  });
});
