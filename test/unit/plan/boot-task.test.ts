import { describe, expect, it } from 'vitest';
import { bootTask } from '../../../src/plan/boot-task.ts';
import { emptyHost, nodes } from './plan-fixture.ts';

const host = emptyHost();
const oneByOne = { ...host.provider, name: 'virtualbox', bootsTogether: false };
const names = (count: number): string[] => nodes(count).map(({ name }) => name);

describe('bootTask', () => {
  it('leaves the machines to one Vagrant where that boots them at the same time', () => {
    const task = bootTask('coreos', names(3), { machines: nodes(3), parallel: undefined }, host);
    expect(task).toMatchObject({ title: 'Boot core-01, core-02, core-03 (vagrant up)' });
    expect(task).not.toHaveProperty('stages');
  });

  it.each([
    { processors: 8, freeMemoryMb: 16_000, parallel: undefined, atOnce: 3, because: 'there are no more' },
    { processors: 1, freeMemoryMb: 16_000, parallel: undefined, atOnce: 2, because: 'of the processors' },
    { processors: 8, freeMemoryMb: 1_850, parallel: undefined, atOnce: 2, because: 'of the memory' },
    { processors: 8, freeMemoryMb: 1_536, parallel: undefined, atOnce: 1, because: 'nothing is left' },
    { processors: 1, freeMemoryMb: 16_000, parallel: 3, atOnce: 3, because: 'it was asked for' },
  ])('boots $atOnce at a time because $because', ({ atOnce, parallel, ...changes }) => {
    const facts = { ...host, ...changes, provider: oneByOne };
    const task = bootTask('coreos', names(3), { machines: nodes(3), parallel }, facts);
    expect(task).toMatchObject({ stages: { first: 'core-01', others: ['core-02', 'core-03'], atOnce } });
  });

  it('says the stages in its title', () => {
    const facts = { ...host, provider: oneByOne, processors: 1 };
    const title = (count: number, parallel?: number): string =>
      bootTask('coreos', names(count), { machines: nodes(count), parallel }, facts).title;
    expect(title(3)).toBe(
      'Boot core-01, and as soon as it is started core-02, core-03; 2 at a time (vagrant up)',
    );
    expect(title(3, 1)).toBe('Boot core-01, core-02, core-03, one after the other (vagrant up)');
    expect(title(1)).toBe('Boot core-01 (vagrant up)');
  });
});
