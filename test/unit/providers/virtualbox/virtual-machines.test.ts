import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMachines } from '../../../../src/providers/virtualbox/virtual-machines.ts';

/** `VBoxManage list --long vms` of VirtualBox 7.2: a master with a snapshot, a foreign machine, two of a lab. */
const list = readFileSync(new URL('../../../fixtures/virtualbox/list-long-vms.txt', import.meta.url), 'utf8');

describe('parseMachines', () => {
  it('reads ids, states and marks', () => {
    const machines = parseMachines(list);
    expect(machines.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'tiny_1795261991270_96226: powered off',
      'a-core-01: running',
      'chapterlab-nat-core-01: running',
      'chapterlab-nat-core-02: running',
    ]);
    expect(machines[2]).toEqual({
      id: '897b51b7-3c39-49ea-9b00-4df8fd8ce9dd',
      name: 'chapterlab-nat-core-01',
      state: 'running',
      folder: '/home/u/VirtualBox VMs/chapterlab-nat-core-01',
      mark: {
        lab: 'nat',
        machine: 'core-01',
        project: '/home/u/.local/state/chapterlab/labs/nat/projects/coreos',
      },
    });
  });

  it('takes a mark that is incomplete or edited for none', () => {
    expect(parseMachines(list)[1]?.mark).toBeUndefined();
    expect(parseMachines(list.replaceAll('{"lab":"nat"', '{lab: nat')).map(({ mark }) => mark)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('is not led astray by what people write into a description', () => {
    const spoofed = list.replace(
      'Made by lab; `lab destroy nat` removes it.',
      'Name:                        other\nUUID:                        0\nState:  saved',
    );
    const machines = parseMachines(spoofed);
    expect(machines).toHaveLength(4);
    expect(machines[2]).toMatchObject({ id: '897b51b7-3c39-49ea-9b00-4df8fd8ce9dd', state: 'running' });
  });

  it('finds nothing in nothing', () => {
    expect(parseMachines('')).toEqual([]);
  });

  it('calls a machine without a state inaccessible', () => {
    const text = 'Name:  <inaccessible>\nGroups: /\nUUID:  897b51b7-3c39-49ea-9b00-4df8fd8ce9dd\n';
    expect(parseMachines(text)).toMatchObject([{ state: 'inaccessible' }]);
  });
});
