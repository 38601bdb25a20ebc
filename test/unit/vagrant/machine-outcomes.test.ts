import { describe, expect, it } from 'vitest';
import { machineOutcomes } from '../../../src/vagrant/machine-outcomes.ts';
import type { MachineOutcome } from '../../../src/vagrant/machine-outcomes.ts';
import { parseVagrantLine } from '../../../src/vagrant/vagrant-output.ts';
import { vagrantTranscript } from './vagrant-transcript.ts';

const run = { command: 'vagrant up', logPath: '/state/run.log' };
const notTried = 'was not tried, because another machine failed before it';

function outcomesOf(file: string, machines: readonly string[]): MachineOutcome[] {
  const { stdout, stderr } = vagrantTranscript(file);
  return machineOutcomes(machines, `${stdout}${stderr}`.trimEnd().split('\n').map(parseVagrantLine), run);
}

describe('machineOutcomes', () => {
  it.each([
    ['debian-2.3.4-name-taken-up-mr.txt', 'core-03', 'LAB_NAME_TAKEN', 'errA-core-01 already'],
    ['debian-2.3.4-folder-taken-up-mr.txt', 'core-02', 'LAB_NAME_TAKEN', 'is in the way'],
    ['debian-2.3.4-saved-port-taken-up-mr.txt', 'core-01', 'LAB_PORT_TAKEN', 'Port 2222'],
    ['err-locked-up-mr.txt', 'core-01', 'LAB_MACHINE_LOCKED', 'Another Vagrant is at work on core-01'],
  ])(
    'gives the failure of a machine its code, and tells it from those not tried (%s)',
    (file, name, code, words) => {
      const [failed, other] = outcomesOf(`vagrant-virtualbox/${file}`, [name, 'core-09']);
      expect(failed).toMatchObject({ name, ok: false, error: { code, details: { machine: name, ...run } } });
      expect(failed?.message).toContain(words);
      expect(failed?.message).not.toContain('\n');
      expect(other).toEqual({ name: 'core-09', ok: false, message: notTried });
    },
  );

  it('gives each machine of a provider that boots in parallel its own failure', () => {
    const [first, second] = outcomesOf('vagrant-docker/up-address-taken-mr.txt', ['core-01', 'core-02']);
    expect(first).toEqual({ name: 'core-01', ok: true });
    expect(second).toMatchObject({
      message: 'Error response from daemon: Address already in use',
      error: {
        code: 'LAB_VAGRANT_FAILED',
        message: 'Vagrant failed on core-02.',
        details: { machine: 'core-02', output: 'Error response from daemon: Address already in use' },
      },
    });
  });

  it('tells a container that was killed while it booted from those that go on', () => {
    const [first, second] = outcomesOf('vagrant-docker/up-killed-in-boot-mr.txt', ['core-01', 'core-02']);
    expect(first).toEqual({ name: 'core-01', ok: true });
    expect(second?.error).toMatchObject({
      code: 'LAB_VAGRANT_FAILED',
      message: 'core-02 did not stay up while it booted: its container was stopped.',
      details: { machine: 'core-02', hint: expect.not.stringContaining('VBoxManage') as string },
    });
  });

  it('has words for a Vagrant that was killed or crashed at work', () => {
    const begun = parseVagrantLine('1,core-01,action,up,start');
    expect(machineOutcomes(['core-01'], [begun])[0]?.message).toBe('Vagrant ended and did not say why');
    const crash = parseVagrantLine('net-ssh.rb:7: stack level too deep (SystemStackError)');
    expect(machineOutcomes(['core-01'], [begun, crash])[0]?.message).toContain('SystemStackError');
  });
});
