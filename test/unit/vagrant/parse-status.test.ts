import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../../src/vagrant/parse-status.ts';
import { parseVagrantLine } from '../../../src/vagrant/vagrant-output.ts';
import { vagrantTranscript } from './vagrant-transcript.ts';

const rowsOf = (text: string): ReturnType<typeof parseVagrantLine>[] =>
  text.trimEnd().split('\n').map(parseVagrantLine);

describe('parseStatus', () => {
  it.each([
    ['vagrant-virtualbox/status-not-created-mr.txt', ['absent', 'absent', 'absent']],
    ['vagrant-virtualbox/status-1running-mr.txt', ['running', 'absent', 'absent']],
    ['vagrant-virtualbox/status-3running-mr.txt', ['running', 'running', 'running']],
    ['vagrant-virtualbox/debian-2.3.4-status-poweroff-mr.txt', ['stopped', 'absent', 'absent']],
    ['vagrant-docker/status-3-mr.txt', ['running', 'running', 'running']],
  ])('reads the state of each machine (%s)', (file, states) => {
    expect(parseStatus(rowsOf(vagrantTranscript(file).stdout))).toEqual(
      states.map((state, index) => ({ name: `core-0${index + 1}`, state })),
    );
  });

  it('keeps the word that says more', () => {
    const file = 'vagrant-virtualbox/debian-2.3.4-status-saved-mr.txt';
    expect(parseStatus(rowsOf(vagrantTranscript(file).stdout))).toEqual([
      { name: 'core-01', state: 'stopped', detail: 'saved' },
    ]);
  });

  it.each([
    ['aborted', 'stopped'],
    ['aborted-saved', 'stopped'],
    ['paused', 'stopped'],
    ['gurumeditation', 'unknown'],
    ['inaccessible', 'unknown'],
    ['starting', 'unknown'],
    ['preparing', 'unknown'],
    ['something-new', 'unknown'],
  ])('a machine that is %s is %s', (word, state) => {
    expect(parseStatus(rowsOf(`1,core-01,state,${word}`))).toEqual([
      { name: 'core-01', state, detail: word },
    ]);
  });

  it('finds no machines in what is no status', () => {
    expect(
      parseStatus(rowsOf(vagrantTranscript('vagrant-virtualbox/global-status-3-mr.txt').stdout)),
    ).toEqual([]);
    expect(
      parseStatus(rowsOf(vagrantTranscript('vagrant-virtualbox/err-vbox-none-status-mr.txt').stdout)),
    ).toEqual([]);
  });
});
