import { expect, it } from 'vitest';
import { kvmProblem, readOtherHypervisor } from '../../../../src/providers/virtualbox/other-hypervisor.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import { fakeHost } from './fake-host.ts';

/** As /proc/modules shows them: name, size, users, users' names, state, address. */
const modules = (users: number): string =>
  `vboxdrv 663552 2 vboxnetadp,vboxnetflt, Live 0x0000000000000000 (OE)
kvm_amd 237568 ${users} - Live 0x0000000000000000
kvm 1351680 1 kvm_amd, Live 0x0000000000000000
`;

it.each([
  ['no KVM', '', undefined, '6.1.0-28-amd64', '7.0.20'],
  ['an idle KVM before Linux 6.12', modules(0), undefined, '6.1.0-28-amd64', '7.0.20'],
  ['an idle KVM that does not switch on when it is loaded', modules(0), 'N', '6.12.9-amd64', '7.1.4'],
  ['a KVM that VirtualBox shares', modules(2), 'Y', '6.18.44', '7.2.22'],
  ['a KVM of Linux 6.16 and VirtualBox 7.2.2', modules(0), 'Y', '6.16.3-arch1-1', '7.2.2'],
])('does not mind %s', (_what, text, atLoad, kernelRelease, virtualBox) => {
  expect(kvmProblem({ modules: text, atLoad, kernelRelease, virtualBox })).toBeUndefined();
});

it.each([
  ['machines of KVM before Linux 6.12', 3, undefined, '6.1.0-28-amd64', '7.0.20', 'used 3 times'],
  ['machines of KVM', 1, 'N', '6.12.9-amd64', '7.1.4', 'is running machines'],
  [
    'a KVM of Linux 6.12, running or not',
    0,
    'Y',
    '6.12.9-amd64',
    '7.2.22',
    'since Linux 6.12 (this is 6.12.9-amd64)',
  ],
  ['a VirtualBox that cannot share', 0, 'Y', '6.18.2', '7.1.14', 'VirtualBox 7.1.14 then starts no machine'],
])('tells of %s', (_what, users, atLoad, kernelRelease, virtualBox, says) => {
  const problem = kvmProblem({ modules: modules(users), atLoad, kernelRelease, virtualBox });
  expect(problem).toMatchObject({ code: 'LAB_HYPERVISOR_BUSY', severity: 'error' });
  expect(problem?.message).toContain(says);
  expect(problem?.fix).toContain('sudo modprobe --remove kvm_amd');
});

it('warns where KVM is told not to switch on and VirtualBox relies on it', () => {
  const state = { modules: modules(0), atLoad: 'N', kernelRelease: '6.18.2', virtualBox: '7.2.10' };
  expect(kvmProblem(state)).toMatchObject({ severity: 'warning' });
});

it('reads it from Linux and asks Windows', async () => {
  const files = { '/proc/modules': modules(0), '/sys/module/kvm/parameters/enable_virt_at_load': 'Y\n' };
  const linux = fakeHost({ kernelRelease: '6.12.9-amd64', files });
  expect(await readOtherHypervisor(linux, fakeExec([]).exec, '7.1.4')).toHaveLength(1);
  const windows = fakeHost({ platform: 'win32' });
  for (const [answer, found] of [
    ['True\r\n', ['warning']],
    ['False\r\n', []],
  ] as const) {
    const { exec } = fakeExec([{ command: /^powershell .*HypervisorPresent$/, result: { stdout: answer } }]);
    const problems = await readOtherHypervisor(windows, exec, '7.1.4');
    expect(problems.map(({ severity }) => severity)).toEqual(found);
  }
  expect(await readOtherHypervisor(fakeHost({ platform: 'darwin' }), fakeExec([]).exec, '7.1.4')).toEqual([]);
});
