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

  describe.each(['vagrant-virtualbox', 'vagrant-docker'])('on all that was recorded (%s)', (folder) => {
    const names = readdirSync(new URL(`../../fixtures/${folder}`, import.meta.url));

    it.each(names.filter((name) => name.endsWith('-mr.txt')))('%s', (name) => {
      const { stdout, stderr } = vagrantTranscript(`${folder}/${name}`);
      for (const line of `${stdout}${stderr}`.replace(/\n$/, '').split('\n')) {
        const row = parseVagrantLine(line);
        // What is for people comes as text: the ssh config, the output of `vagrant ssh -c`, early errors.
        expect(row.kind === 'text', line).toBe(!/^\d{10},/.test(line));
        if (row.kind === 'data') expect(knownTypes, line).toContain(row.type);
        expect(words(row), line).toBe(decoded(line));
      }
    });
  });
});

/** Every type of row that was seen beside `ui`, `action` and `error-exit`. */
const knownTypes = [
  ...['metadata', 'provider-name', 'state', 'state-human-short', 'state-human-long'],
  ...['machine-id', 'machine-home', 'forwarded_port', 'ssh-config', 'version-installed'],
  ...['box-name', 'box-provider', 'box-version', 'box-architecture'],
];

/** All that a row says, in the order of its line. */
function words(row: VagrantRow): string {
  const machine = 'machine' in row ? (row.machine ?? '') : '';
  switch (row.kind) {
    case 'ui':
      return folded([machine, 'ui', row.level, row.text]);
    case 'action':
      return folded([machine, 'action', row.action, row.phase]);
    case 'error-exit':
      return folded(['', 'error-exit', row.errorClass, row.message]);
    case 'data':
      return folded([machine, row.type, ...row.values]);
    case 'text':
      return folded([row.text]);
  }
}

/** The same from the line itself: without its time, prefixes taken off, commas and line ends undone last. */
function decoded(line: string): string {
  if (!/^\d{10},/.test(line)) return folded([line]);
  const [, machine = '', ...fields] = line.split(',');
  const bare = (field: string): string =>
    machine === '' ? field : field.replaceAll(new RegExp(`(^|\\\\n)(==>|   ) ${machine}: `, 'g'), '$1');
  const plain = (field: string): string =>
    field.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll(/\\[nr]/g, '\n');
  return folded([machine, ...fields.map(bare).map(plain)]);
}

function folded(fields: readonly string[]): string {
  return fields.map((field) => field.replaceAll(/[^\S\n]+$/gm, '').trim()).join('|');
}
