import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/model/machine.ts';
import { hostPreflight, preflight } from '../../../src/plan/preflight.ts';
import { emptyHost, formedState, nodes, running, wholeHost } from './plan-fixture.ts';

describe('preflight', () => {
  it('says all at once, and how many nodes fit', () => {
    const found = { code: 'LAB_VAGRANT_MISSING', severity: 'error', message: 'm', fix: 'f' } as const;
    const facts = emptyHost({ problems: [found], freeMemoryMb: 1100, freeDiskMb: 100 });
    const problems = preflight(nodes(4), 'node', facts);
    expect(problems.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'LAB_VAGRANT_MISSING error',
      'LAB_MEMORY_LOW error',
      'LAB_DISK_LOW error',
      'LAB_PARAMETER_INVALID warning',
    ]);
    expect(problems[1]?.message).toBe('4 machines need 2048 MB and 1100 MB are free.');
    expect(problems[1]?.fix).toContain('--nodes 2');
    expect(preflight(nodes(3), 'node', emptyHost({ freeMemoryMb: 100 }))[0]?.fix).toContain('--memory');
  });

  it('counts only what is not running yet', () => {
    const state = formedState(3);
    const low = { freeMemoryMb: 600, freeDiskMb: 400 };
    expect(preflight(nodes(3), 'node', wholeHost(3, state, low))).toEqual([]);
    expect(preflight(nodes(3), 'node', wholeHost(3, state, { ...low, machines: running(2) }))).toEqual([]);
    expect(preflight(nodes(3), 'node', wholeHost(3, state, { ...low, machines: running(1) }))).toHaveLength(
      2,
    );
  });

  it('says the largest number that fits: with those that are there, beside the machines of other roles', () => {
    const state = formedState(5);
    const twoRun = wholeHost(5, state, { freeMemoryMb: 1100, machines: running(2) });
    expect(preflight(nodes(5), 'node', twoRun)[0]?.fix).toContain('--nodes 4:');
    const dokku = { ...nodes(1)[0], name: 'dokku', role: 'dokku', memoryMb: 1024 } as Machine;
    const withDokku = preflight([...nodes(3), dokku], 'node', emptyHost({ freeMemoryMb: 2000 }));
    expect(withDokku[0]?.fix).toContain('--nodes 1:');
    expect(preflight([...nodes(3), dokku], 'node', emptyHost({ freeMemoryMb: 900 }))[0]?.fix).toContain(
      '--memory',
    );
  });

  it('counts the disk that the machines of each provider need, and says how many fit', () => {
    const none = emptyHost({ freeDiskMb: 3600, boxes: [] });
    const virtualbox = { ...none, provider: { ...none.provider, name: 'virtualbox' } };
    expect(preflight(nodes(3), 'node', none)).toEqual([]);
    const [problem] = preflight(nodes(3), 'node', virtualbox);
    expect(problem?.message).toBe(
      'About 4100 MB of disk are needed and 3600 MB are free where lab keeps its files.',
    );
    expect(problem?.fix).toContain('use --nodes 2: so many fit.');
    const boxes = [{ name: 'flatcar-stable', version: '4593.2.5' }];
    expect(preflight(nodes(3), 'node', { ...virtualbox, boxes })).toEqual([]);
    const stopped = nodes(3).map(({ name }) => ({ name, state: 'stopped' as const, id: name }));
    expect(preflight(nodes(3), 'node', { ...virtualbox, machines: stopped })).toEqual([]);
  });

  it('lets an odd number, and one node, pass without a word', () => {
    for (const count of [1, 3, 5]) expect(preflight(nodes(count), 'node', emptyHost())).toEqual([]);
  });
});

it('hostPreflight refuses damaged files, which would never be written', () => {
  const files = { hostsFile: '/etc/hosts', sshConfigFile: '/home/u/.ssh/config' };
  const host = { hosts: 'damaged', sshConfig: 'damaged' } as const;
  expect(hostPreflight(host, files)).toMatchObject([
    { code: 'LAB_HOSTS_DAMAGED', message: expect.stringContaining('/etc/hosts') as string },
    { code: 'LAB_SSH_CONFIG_DAMAGED', message: expect.stringContaining('.ssh/config') as string },
  ]);
  expect(hostPreflight({ ...host, hosts: 'absent', sshConfig: 'stale' }, files)).toEqual([]);
});
