import { describe, expect, it } from 'vitest';
import {
  readVirtualBox,
  type VirtualBoxFacts,
} from '../../../../src/providers/virtualbox/read-virtualbox.ts';
import type { VirtualBoxHost } from '../../../../src/providers/virtualbox/virtualbox-host.ts';
import { fakeExec, type ScriptedCommand } from '../../../support/fake-exec.ts';
import { readTranscript } from '../../../support/transcript.ts';
import { fakeHost, loadedModules } from './fake-host.ts';

const vagrant = (version: string): ScriptedCommand => ({
  command: 'vagrant --version',
  result: { stdout: `Vagrant ${version}\n` },
});
const virtualBox = (transcript: string): ScriptedCommand => ({
  command: 'VBoxManage --version',
  result: readTranscript(`virtualbox/${transcript}.txt`),
});
const extraData = (transcript: string): ScriptedCommand => ({
  command: 'VBoxManage getextradata global VBoxInternal/EM/IemExecutesAll',
  result: readTranscript(`virtualbox/${transcript}.txt`),
});
const found = (host: VirtualBoxHost, ...script: ScriptedCommand[]): Promise<VirtualBoxFacts> =>
  readVirtualBox({ exec: fakeExec(script).exec, vagrantHome: '/home/u/.vagrant.d', host });
const codes = ({ problems }: VirtualBoxFacts): string[] =>
  problems.map(({ code, severity }) => `${code} ${severity}`);

describe('readVirtualBox', () => {
  it('has nothing to say of a VirtualBox that works', async () => {
    const facts = await found(fakeHost({ files: loadedModules }), virtualBox('version'), vagrant('2.4.9'));
    expect(facts).toEqual({
      description: 'VirtualBox 7.2.22',
      version: '7.2.22',
      problems: [],
      driver: 'kernel',
      architecture: 'amd64',
      allowedRanges: ['192.168.56.0/21'],
    });
  });

  it('says all at once', async () => {
    const files = {
      '/home/u/.vagrant.d/plugins.json': '{"installed":{"vagrant-vbguest":{}}}',
      '/proc/modules': 'kvm_intel 380928 4 - Live 0x0000000000000000\n',
    };
    const facts = await found(
      fakeHost({ files }),
      ...[virtualBox('version-dkms'), vagrant('2.3.4'), extraData('extradata-unset')],
    );
    expect(codes(facts)).toEqual([
      'LAB_VIRTUALBOX_VERSION error',
      'LAB_VIRTUALBOX_DRIVER error',
      'LAB_HYPERVISOR_BUSY error',
      'LAB_VAGRANT_PLUGIN warning',
    ]);
    expect(facts.problems[1]?.message).toBe(
      'VirtualBox cannot start machines: "The character device /dev/vboxdrv does not exist."',
    );
  });

  it.each([
    ['no VBoxManage', { notFound: true, exitCode: undefined }, 'LAB_VIRTUALBOX_MISSING', 'not installed'],
    ['one that prints nothing', { stdout: '' }, 'LAB_VIRTUALBOX_VERSION', 'it prints nothing'],
    [
      'one that fails',
      { exitCode: 1, stderr: 'broken\nmore' },
      'LAB_VIRTUALBOX_VERSION',
      'a version: broken',
    ],
  ])('tells of %s', async (_what, result, code, says) => {
    const facts = await found(fakeHost({}), { command: 'VBoxManage --version', result }, vagrant('2.3.4'));
    expect(codes(facts)).toEqual([`${code} error`]);
    expect(facts.problems[0]?.message).toContain(says);
    expect(facts.version).toBeUndefined();
  });

  it('tells that the kernel modules are not loaded', async () => {
    const commands = [virtualBox('version'), vagrant('2.4.9'), extraData('extradata-unset')];
    const none = await found(fakeHost({}), ...commands);
    expect(codes(none)).toEqual(['LAB_VIRTUALBOX_DRIVER error']);
    expect(none.problems[0]?.fix).toMatch(/virtualbox-dkms.*vboxconfig/);
    const noNetwork = await found(fakeHost({ files: { '/dev/vboxdrv': '' } }), ...commands);
    expect(codes(noNetwork)).toEqual([]);
    expect(noNetwork.noPrivateNetwork).toMatchObject({
      code: 'LAB_NETWORK_FAILED',
      fix: expect.stringContaining('modprobe') as string,
    });
    const mac = await found(fakeHost({ platform: 'darwin' }), ...commands, { command: /sysctl/ });
    expect([codes(mac), mac.allowedRanges, mac.noPrivateNetwork]).toEqual([[], undefined, undefined]);
  });

  it('lets machines be interpreted where VirtualBox is set so, but gives them no private network', async () => {
    const files = { '/proc/modules': 'kvm_intel 380928 4 - Live 0x0000000000000000\n' };
    const facts = await found(
      fakeHost({ files }),
      ...[virtualBox('version'), vagrant('2.4.9'), extraData('extradata-set')],
    );
    expect(facts).toMatchObject({
      driver: 'interpreter',
      description: 'VirtualBox 7.2.22, machines are interpreted',
      noPrivateNetwork: { code: 'LAB_NETWORK_FAILED', severity: 'error' },
    });
    expect(codes(facts)).toEqual(['LAB_VIRTUALBOX_DRIVER warning']);
    // Vagrant refuses Debian's wrapper, even where the machines would run.
    const wrapped = await found(
      fakeHost({}),
      ...[virtualBox('version-dkms'), vagrant('2.4.9'), extraData('extradata-set')],
    );
    expect(codes(wrapped)).toEqual(['LAB_VIRTUALBOX_DRIVER warning', 'LAB_VIRTUALBOX_DRIVER error']);
    expect(wrapped.problems[1]?.fix).toContain('PATH=/usr/lib/virtualbox:$PATH');
  });

  it.each([
    ['a Mac', fakeHost({ platform: 'darwin', arch: 'arm64' }), 'Apple processor'],
    ['a Mac with a Node.js for x86-64', fakeHost({ platform: 'darwin' }), 'Apple processor'],
    ['Windows', fakeHost({ platform: 'win32', arch: 'arm64' }), 'Windows computer with an ARM processor'],
  ])('says plainly that the boxes do not run on ARM: %s', async (_what, host, says) => {
    const sysctl = { command: '/usr/sbin/sysctl -n hw.optional.arm64', result: { stdout: '1\n' } };
    const facts = await found(host, virtualBox('version'), vagrant('2.4.9'), sysctl);
    expect([codes(facts), facts.architecture]).toEqual([['LAB_ARCHITECTURE error'], 'arm64']);
    expect(facts.problems[0]?.message).toContain(says);
    expect(facts.problems[0]?.fix).toContain('--provider docker');
  });
});
