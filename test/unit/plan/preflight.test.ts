import { describe, expect, it } from 'vitest';
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
