import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../src/model/error-codes.ts';
import type { ErrorCode } from '../../../src/model/error-codes.ts';
import type { LabError } from '../../../src/model/errors.ts';
import { isOfOneMachine, vagrantError } from '../../../src/vagrant/vagrant-error.ts';
import { parseVagrantLine } from '../../../src/vagrant/vagrant-output.ts';
import type { VagrantRow } from '../../../src/vagrant/vagrant-output.ts';
import { vagrantTranscript } from './vagrant-transcript.ts';

interface Failure {
  error: LabError;
  rows: VagrantRow[];
}

function failureIn(transcript: { stdout: string; stderr: string; exitCode: number | undefined }): Failure {
  const rows = `${transcript.stdout}${transcript.stderr}`.trimEnd().split('\n').map(parseVagrantLine);
  const result = { ...transcript, command: 'vagrant up', timedOut: false, notFound: false };
  return { rows, error: vagrantError(result, rows, '/state/run.log') };
}

/** What an error says to do: its own hint, else the general fix of its code. */
function fixOf({ code, details }: LabError): string {
  return details.hint ?? errorCodes[code].fix;
}

type Case = [names: readonly string[], code: ErrorCode, exit: number, message: string, fix: string];

/** A name stands for its transcript as text (NAME.txt), as rows (NAME-mr.txt), or both. Message and fix: words of theirs. */
const cases: readonly Case[] = [
  [
    ['err-vbox-none-up--providervirtualbox', 'debian-2.3.4-vbox-none-up', 'debian-2.3.4-vbox-none-status'],
    'LAB_VIRTUALBOX_MISSING',
    4,
    'there is no `VBoxManage` on PATH',
    'https://www.virtualbox.org/wiki/Downloads',
  ],
  [
    ['debian-2.3.4-vbox-none-destroy'],
    'LAB_VIRTUALBOX_MISSING',
    4,
    'Vagrant does not find VirtualBox',
    '--provider docker',
  ],
  [
    ['debian-2.3.4-vbox-broken-up'],
    'LAB_VIRTUALBOX_MISSING',
    4,
    'something that it needs is missing',
    '`VBoxManage --version`',
  ],
  [
    ['debian-2.3.4-up-provider-virtualbox', 'debian-2.3.4-vbox-v80-up', 'debian-2.3.4-vbox-v80-status'],
    'LAB_VIRTUALBOX_VERSION',
    4,
    'This Vagrant knows VirtualBox 4.0 to 7.0',
    'https://developer.hashicorp.com/vagrant/install',
  ],
  [['err-vbox-v99-up--providervirtualbox'], 'LAB_VIRTUALBOX_VERSION', 4, '4.0 to 7.2', '`vagrant --version`'],
  [
    ['err-vbox-vdkms-up--providervirtualbox', 'debian-2.3.4-vbox-dkms-up'],
    'LAB_VIRTUALBOX_DRIVER',
    4,
    'kernel module was not built',
    '`sudo apt-get install virtualbox-dkms',
  ],
  [
    ['debian-2.3.4-vbox-module-up'],
    'LAB_VIRTUALBOX_DRIVER',
    4,
    'vboxdrv is not loaded',
    '`sudo /sbin/vboxconfig`',
  ],
  [['err-intnet'], 'LAB_VIRTUALBOX_DRIVER', 4, "Cannot attach to 'lab' in driverless mode", 'vboxdrv'],
  [
    [
      'err-vbox-vempty-up--providervirtualbox',
      'err-vbox-vempty-up',
      'err-vbox-vempty-status',
      'err-vbox-vempty-ssh-config',
      'debian-2.3.4-vbox-empty-up',
    ],
    'LAB_VIRTUALBOX_FAILED',
    5,
    '`VBoxManage --version` prints nothing',
    '`VBoxManage --version` must print a version',
  ],
  [
    [
      'err-vbox-vfail-up--providervirtualbox',
      'err-vbox-vfail-up',
      'err-vbox-vfail-status',
      'err-vbox-vfail-ssh-config',
      'debian-2.3.4-vbox-fail-up',
      'debian-2.3.4-vbox-fail-status',
      'debian-2.3.4-vbox-fail-destroy',
    ],
    'LAB_VIRTUALBOX_FAILED',
    5,
    "does not reach VirtualBox's service",
    '`VBoxManage list vms`',
  ],
  [
    // Vagrant without VAGRANT_DEFAULT_PROVIDER: three causes, one text.
    [
      ...['none', 'v99'].flatMap((stub) =>
        ['up', 'status', 'ssh-config'].map((command) => `err-vbox-${stub}-${command}`),
      ),
      'err-vbox-vdkms-up',
      'err-vbox-vdkms-status',
    ],
    'LAB_PREFLIGHT',
    4,
    'does not say why: VirtualBox can be missing, too new for this Vagrant, or without its kernel module',
    '`lab doctor`',
  ],
  [
    ['err-box-not-found'],
    'LAB_BOX_MISSING',
    4,
    "Box coreos-stable could not be fetched: Couldn't open file /home/u/lab/nobox/coreos-stable",
    '`lab prefetch SCENARIO --to DIR`',
  ],
  [
    ['err-box-url-nofile'],
    'LAB_BOX_MISSING',
    4,
    "Box coreos-stable could not be fetched: Couldn't open file /home/u/lab/none.box",
    'LAB_MIRROR=DIR',
  ],
  [
    // A box that is asked for by name only; the unknown setting in that Vagrantfile is never reached.
    ['err-unknown-setting'],
    'LAB_BOX_MISSING',
    4,
    'Box tinylab could not be fetched',
    'LAB_MIRROR=DIR',
  ],
  [
    ['err-box-cloud-offline'],
    'LAB_BOX_MISSING',
    4,
    'Box coreos/stable is not at https://vagrantcloud.com/coreos/stable, or that cannot be reached: Could not resolve host: vagrantcloud.com',
    '`lab prefetch SCENARIO --to DIR`',
  ],
  [
    ['err-box-url-unresolvable'],
    'LAB_BOX_MISSING',
    4,
    'description of box coreos-stable could not be fetched: Could not resolve host: lab.invalid',
    '`lab prefetch SCENARIO --to DIR`',
  ],
  [['debian-2.3.4-box-refused-up'], 'LAB_BOX_MISSING', 4, "Couldn't connect to server", 'LAB_MIRROR=DIR'],
  [['debian-2.3.4-box-404-up'], 'LAB_BOX_MISSING', 4, 'description of box tinylab', 'LAB_MIRROR=DIR'],
  [['debian-2.3.4-box-gone-up'], 'LAB_BOX_MISSING', 4, 'returned error: 404', 'LAB_MIRROR=DIR'],
  [
    ['debian-2.3.4-box-ver-up'],
    'LAB_BOX_MISSING',
    4,
    'Box tinylab at http://127.0.0.1:18765/ok.json has no version 4593.2.5, but 1.0.0.',
    'in the scenario',
  ],
  [['debian-2.3.4-box-prov-up'], 'LAB_BOX_MISSING', 4, 'no version for this provider', 'in the scenario'],
  [
    ['debian-2.3.4-box-name-up'],
    'LAB_BOX_MISSING',
    4,
    'Box flatcar-stable was asked for, and the one at its address is tinylab.',
    'in the scenario',
  ],
  [['debian-2.3.4-box-broken-up'], 'LAB_BOX_MISSING', 4, 'Unrecognized archive format', 'disk is not full'],
  [
    ['debian-2.3.4-box-sum-up'],
    'LAB_ARTIFACT_CHECKSUM',
    4,
    'its checksum is c1302a9816deb5a589f0400c38da3198679b079af38725f758c0f1cb087ef7ff, and not 00000000',
    'fetch it anew',
  ],
  [
    ['err-box-add-exists', 'debian-2.3.4-box-add-exists'],
    'LAB_VAGRANT_FAILED',
    5,
    'Vagrant has box tinylab, version 0, for virtualbox already.',
    '`vagrant box remove tinylab --box-version 0 --provider virtualbox`',
  ],
  [
    ['err-name'],
    'LAB_NAME_TAKEN',
    4,
    'VirtualBox has a machine named tiny already',
    '`VBoxManage unregistervm tiny --delete`',
  ],
  [
    ['debian-2.3.4-name-taken-up'],
    'LAB_NAME_TAKEN',
    4,
    'a machine named errA-core-01 already',
    '`VBoxManage unregistervm errA-core-01 --delete`',
  ],
  [
    ['debian-2.3.4-folder-taken-up'],
    'LAB_NAME_TAKEN',
    4,
    '/home/u/vms/errA-core-02 is in the way',
    '`rm -r /home/u/vms/errA-core-02`',
  ],
  [['err-port-collision'], 'LAB_PORT_TAKEN', 4, 'Port 18080 of this computer is in use', "'sport = :18080'"],
  [
    ['debian-2.3.4-saved-port-taken-up'],
    'LAB_PORT_TAKEN',
    4,
    'Port 2222 of this computer is in use, and core-01 was saved while it had it.',
    '`VBoxManage discardstate NAME`',
  ],
  [
    ['err-hostonly-range'],
    'LAB_RANGE_REFUSED',
    4,
    'VirtualBox does not allow 172.17.8.101 on a host-only network, only 192.168.56.0/21, fe80::/10.',
    '`lab doctor --fix` allow 172.17.8.0/24',
  ],
  [['debian-2.3.4-hostonly-range-up'], 'LAB_RANGE_REFUSED', 4, 'only 192.168.56.0/21.', '--subnet'],
  [
    ['err-hostonly'],
    'LAB_NETWORK_FAILED',
    4,
    'could not make the host-only network: Error while adding new interface: failed to open /dev/vboxnetctl',
    '`sudo modprobe -a vboxnetadp vboxnetflt`',
  ],
  [
    ['err-boot'],
    'LAB_BOOT_TIMEOUT',
    5,
    'was started and did not answer over ssh in time',
    '`VBoxManage controlvm e-boot_default_1795229027891_75616 screenshotpng',
  ],
  ...(['up', 'destroy', 'halt', 'snapshot'] as const).map((command): Case => [
    [`err-locked-${command}`],
    'LAB_MACHINE_LOCKED',
    4,
    `Another Vagrant is at work on core-01, so \`${command === 'snapshot' ? 'snapshot_save' : command}\` was refused.`,
    '`pgrep -af vagrant`',
  ]),
  [
    ['err-syntax'],
    'LAB_VAGRANTFILE_FAILED',
    5,
    "could not read /home/u/lab/bad/Vagrantfile, line 4: syntax error, unexpected `end', expecting '|'",
    '`lab up`',
  ],
  [
    ['err-vagrantfile-raise'],
    'LAB_VAGRANTFILE_FAILED',
    5,
    'could not read /home/u/lab/bad3/Vagrantfile, line 3: boom (RuntimeError)',
    '`lab up`',
  ],
  [
    ['err-validate'],
    'LAB_VAGRANTFILE_FAILED',
    5,
    "vm: The following settings shouldn't exist: nosuch; VirtualBox Provider: The following settings shouldn't exist: memry.",
    '`lab up`',
  ],
  [
    ['err-unknown-machine', 'debian-2.3.4-destroy-unknown-machine'],
    'LAB_VAGRANTFILE_FAILED',
    5,
    'no machine core-09',
    '`lab up`',
  ],
  [['err-no-vagrantfile'], 'LAB_VAGRANTFILE_FAILED', 5, 'There is no Vagrantfile', '`lab up`'],
  [
    ['err-customize'],
    'LAB_VIRTUALBOX_FAILED',
    5,
    '`VBoxManage modifyvm ab2db2fa-1a4e-4431-b6b2-0df29994f285 --nosuchflag 1` failed: Unknown option: --nosuchflag',
    'Correct the cause',
  ],
  [
    ['err-snapshot-unknown', 'debian-2.3.4-snapshot-unknown'],
    'LAB_CHECKPOINT_UNKNOWN',
    2,
    'core-01 has no snapshot nosuch.',
    '`lab checkpoint list`',
  ],
  [
    ['err-snapshot-exists', 'debian-2.3.4-snapshot-exists'],
    'LAB_CHECKPOINT_EXISTS',
    2,
    'has a snapshot of that name already',
    '--force',
  ],
  [['err-ssh-not-created'], 'LAB_NOT_UP', 2, 'has not been made', '`lab up SCENARIO`'],
  [
    ['err-ssh-not-running', 'debian-2.3.4-ssh-not-running'],
    'LAB_NOT_UP',
    2,
    'is not running',
    '`lab up SCENARIO`',
  ],
  [
    ['err-ssh-config-not-running', 'ssh-config-partial'],
    'LAB_SSH_FAILED',
    5,
    'no way to the machine over ssh, because it does not run',
    '`lab status`',
  ],
  [
    ['provision-fails'],
    'LAB_VAGRANT_FAILED',
    5,
    'The provisioner fails (shell) of the Vagrantfile failed on core-01.',
    'Run the same `lab` command again',
  ],
];

const folder = new URL('../../fixtures/vagrant-virtualbox/', import.meta.url);
const recorded = readdirSync(folder).filter((name) =>
  /^\$ .*\bvagrant [^]*^--- exit: 1$/m.test(readFileSync(new URL(name, folder), 'utf8')),
);
const filesOf = (names: readonly string[]): string[] =>
  names.flatMap((name) => recorded.filter((file) => file === `${name}.txt` || file === `${name}-mr.txt`));

describe('vagrantError, on recorded transcripts', () => {
  it('covers each transcript of a failure once, and no other', () => {
    expect(cases.flatMap(([names]) => filesOf(names)).toSorted()).toEqual(recorded.toSorted());
    expect(cases.flatMap(([names]) => names).filter((name) => filesOf([name]).length === 0)).toEqual([]);
  });

  it.each(
    cases.flatMap(([names, ...expected]) => filesOf(names).map((file) => [file, ...expected] as const)),
  )('%s is %s', (file, code, exitCode, message, fix) => {
    const { error } = failureIn(vagrantTranscript(`vagrant-virtualbox/${file}`));
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/undefined|\n/);
    expect(fixOf(error)).toContain(fix);
    expect(error.details).toMatchObject({ command: 'vagrant up', logPath: '/state/run.log' });
    expect(error.details.output).not.toBe('');
  });

  it('shows the words of VBoxManage and not its pages of usage', () => {
    const { error } = failureIn(vagrantTranscript('vagrant-virtualbox/err-customize-mr.txt'));
    expect(error.details.output).toBe('VBoxManage: error: Unknown option: --nosuchflag');
  });

  it('names a machine only where there is one', () => {
    const machineIn = (name: string): string | undefined =>
      failureIn(vagrantTranscript(`vagrant-virtualbox/${name}`)).error.details.machine;
    expect(machineIn('debian-2.3.4-box-add-exists-mr.txt')).toBeUndefined();
    expect(machineIn('err-hostonly-mr.txt')).toBeUndefined();
    expect(machineIn('err-locked-halt.txt')).toBe('core-01');
    expect(machineIn('debian-2.3.4-snapshot-exists-mr.txt')).toBe('core-01');
  });

  it('shows what a provisioner printed, which Vagrant refers to', () => {
    const { error } = failureIn(vagrantTranscript('vagrant-virtualbox/provision-fails-mr.txt'));
    expect(error.details.output).toContain('Running: script: fails\nbad\nThe SSH command responded');
  });
});

describe('vagrantError', () => {
  // Not to be had on a machine without virtualization; from reports: hashicorp/vagrant#12875, #13038,
  // VirtualBox/virtualbox#180 and #442, kubernetes/minikube#4913, NixOS/nixpkgs#52429.
  it.each([
    [
      '["startvm", "6a0b8133", "--type", "headless"]',
      "VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).\nVBoxManage: error: VirtualBox can't operate in VMX root mode. Please disable the KVM kernel extension, recompile your kernel and reboot (VERR_VMX_IN_VMX_ROOT_MODE)",
      'LAB_HYPERVISOR_BUSY',
    ],
    [
      '["startvm", "6a0b8133", "--type", "headless"]',
      'VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)',
      'LAB_VIRTUALBOX_FAILED',
    ],
    [
      '["startvm", "6a0b8133", "--type", "headless"]',
      'The virtual machine failed to start: VERR_VM_DRIVER_NOT_INSTALLED (-1908)',
      'LAB_VIRTUALBOX_DRIVER',
    ],
    [
      '["startvm", "6a0b8133", "--type", "headless"]',
      'Cannot run the machine because its platform architecture x86 is not supported on ARM.',
      'LAB_ARCHITECTURE',
    ],
    [
      '["startvm", "6a0b8133", "--type", "headless"]',
      "The machine 'p3-core-01' is already locked by a session (or being locked or unlocked)",
      'LAB_MACHINE_LOCKED',
    ],
    [
      '["hostonlyif", "ipconfig", "vboxnet16", "--ip", "192.168.33.1", "--netmask", "255.255.255.0"]',
      'Code E_ACCESSDENIED (0x80070005) - Access denied (extended info not available)\nVBoxManage: error: Context: "EnableStaticIPConfig(Bstr(pszIp).raw(), Bstr(pszNetmask).raw())" at line 242 of file VBoxManageHostonly.cpp',
      'LAB_RANGE_REFUSED',
    ],
  ])('tells apart why `VBoxManage` failed: %s %s', (command, words, code) => {
    const stderr = `There was an error while executing \`VBoxManage\`, a CLI used by Vagrant\nfor controlling VirtualBox. The command and stderr is shown below.\n\nCommand: ${command}\n\nStderr: VBoxManage: error: ${words}\n`;
    const { error } = failureIn({ stdout: '', stderr, exitCode: 1 });
    expect(error.code).toBe(code);
    expect(error.message).toContain(
      code === 'LAB_RANGE_REFUSED' ? 'does not allow 192.168.33.1' : words.split('\n')[0],
    );
  });

  it('does not blame the Vagrantfile for what Ruby says of other files', () => {
    const crash = (line: string): ErrorCode =>
      failureIn({ stdout: '', stderr: line, exitCode: 1 }).error.code;
    expect(crash('/usr/bin/vagrant:10: cannot load such file -- vagrant (LoadError)\n')).toBe(
      'LAB_VAGRANT_FAILED',
    );
    expect(crash('/home/u/lab/config.rb is missing: `lab up coreos` renders it.\n')).toBe(
      'LAB_VAGRANTFILE_FAILED',
    );
  });

  // Of Vagrant 2.3.4 with VAGRANT_HOME on a full disk, and of the docker engine with /var/lib/docker on one.
  it.each([
    [
      "/gems/vagrant-2.3.4/lib/vagrant/environment.rb:860:in `close': No space left on device @ fptr_finalize_flush - /home/u/.vagrant.d/perm_test_SZ (Errno::ENOSPC)\n\tfrom /gems/x.rb:1:in `y'\n",
      'could not write /home/u/.vagrant.d/perm_test_SZ.',
    ],
    [
      "A Docker command executed by Vagrant didn't complete successfully!\nStderr: docker: Error response from daemon: mkdir /var/lib/docker/overlay2/x: no space left on device.\n",
      'A disk is full',
    ],
  ])('says so when a disk is full: %s', (stderr, words) => {
    const { error } = failureIn({ stdout: '', stderr, exitCode: 1 });
    expect(error.code).toBe('LAB_DISK_LOW');
    expect(error.message).toContain(words);
    expect(error.details.hint).toContain('VAGRANT_HOME');
  });

  it('says so when Vagrant was killed', () => {
    const { error } = failureIn({
      stdout: '1,core-01,action,up,start\n',
      stderr: '',
      exitCode: undefined,
    });
    expect(error).toMatchObject({ code: 'LAB_VAGRANT_FAILED', message: 'Vagrant was ended by a signal.' });
  });

  it.each([
    ['err-port-collision-mr.txt', true],
    ['err-locked-up-mr.txt', true],
    ['debian-2.3.4-name-taken-up-mr.txt', true],
    ['err-hostonly-mr.txt', false],
    ['err-hostonly-range-mr.txt', false],
    ['err-box-not-found-mr.txt', false],
    ['err-validate-mr.txt', false],
    ['debian-2.3.4-vbox-none-up-mr.txt', false],
    ['debian-2.3.4-vbox-fail-up-mr.txt', false],
    ['err-vbox-vfail-up-mr.txt', false],
  ])('knows whether other machines would fare better (%s)', (file, better) => {
    const { error, rows } = failureIn(vagrantTranscript(`vagrant-virtualbox/${file}`));
    expect(isOfOneMachine(error, rows)).toBe(better);
  });

  it('exits as the group of its code in the list of error codes says', () => {
    const source = readFileSync(new URL('../../../src/model/error-codes.ts', import.meta.url), 'utf8');
    const groups = source.split(/^ {2}\/\/ .*exit (\d+)$/m).slice(1);
    const exitOf = (code: string): number => {
      const index = groups.findIndex((text, at) => at % 2 === 1 && text.includes(`\n  ${code}: {`));
      return Number(groups[index - 1]);
    };
    for (const [, code, exitCode] of cases) expect(exitCode, code).toBe(exitOf(code));
  });
});
