import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseVagrantLine } from '../../../src/vagrant/vagrant-output.ts';
import type { VagrantRow } from '../../../src/vagrant/vagrant-output.ts';
import { vagrantTranscript } from './vagrant-transcript.ts';

function rowsOf(name: string): VagrantRow[] {
  const { stdout, stderr } = vagrantTranscript(name);
  return `${stdout}${stderr}`.trimEnd().split('\n').map(parseVagrantLine);
}

describe('parseVagrantLine', () => {
  it('reads machine, level and text of what Vagrant says, without its prefix', () => {
    expect(rowsOf('vagrant-virtualbox/up-fresh-mr.txt').slice(2, 5)).toEqual([
      { kind: 'action', machine: 'core-01', action: 'up', phase: 'start' },
      { kind: 'ui', machine: 'core-01', level: 'info', text: "Importing base box 'tinylab'..." },
      { kind: 'ui', machine: 'core-01', level: 'info', text: 'Matching MAC address for NAT networking...' },
    ]);
  });

  it('takes the prefix from every line of a text, and leaves a text alone that has none', () => {
    const noop = rowsOf('vagrant-docker/up-noop-mr.txt').find(
      (row) => row.kind === 'ui' && row.machine === 'core-01',
    );
    expect(noop).toMatchObject({
      text:
        'Machine already provisioned. Run `vagrant provision` or use the `--provision`\n' +
        'flag to force provisioning. Provisioners marked to run always will still run.',
    });
    expect(parseVagrantLine('1,,ui,info,==> core-01: x')).toMatchObject({ text: '==> core-01: x' });
  });

  it('undoes commas and line ends', () => {
    const exit = rowsOf('vagrant-virtualbox/err-locked-up-mr.txt').find((row) => row.kind === 'error-exit');
    expect(exit).toMatchObject({ errorClass: 'Vagrant::Errors::MachineActionLockedError' });
    expect(exit?.kind === 'error-exit' && exit.message).toContain(
      "An action 'up' was attempted on the machine 'core-01',\nbut another process is already",
    );
  });

  it('keeps other types with all their values', () => {
    expect(rowsOf('vagrant-virtualbox/status-3running-mr.txt')).toContainEqual({
      kind: 'data',
      machine: 'core-02',
      type: 'state',
      values: ['running'],
    });
  });

  it('keeps plain text as it is', () => {
    const rows = rowsOf('vagrant-virtualbox/err-syntax-mr.txt');
    expect(rows.every((row) => row.kind === 'text')).toBe(true);
    expect(rows[0]).toEqual({ kind: 'text', text: 'Vagrant failed to initialize at a very early stage:' });
    expect(parseVagrantLine('')).toEqual({ kind: 'text', text: '' });
    expect(parseVagrantLine('1,2')).toEqual({ kind: 'text', text: '1,2' });
  });

  it('understands every line of standard output that was recorded', () => {
    const folders = ['vagrant-virtualbox', 'vagrant-docker'];
    for (const folder of folders) {
      const names = readdirSync(new URL(`../../fixtures/${folder}`, import.meta.url));
      for (const name of names.filter((file) => file.endsWith('-mr.txt') && file !== 'version-mr.txt')) {
        const { stdout } = vagrantTranscript(`${folder}/${name}`);
        const plain = stdout
          .trimEnd()
          .split('\n')
          .map(parseVagrantLine)
          .filter((row) => row.kind === 'text' && row.text !== '');
        expect(plain, name).toEqual(
          name === 'ssh-config-mr.txt' || name === 'ssh-config-partial-mr.txt' || name === 'ssh-c-mr.txt'
            ? expect.anything()
            : [],
        );
      }
    }
  });
});
