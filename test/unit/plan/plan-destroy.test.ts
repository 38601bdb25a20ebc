import { expect, it } from 'vitest';
import { destroyTasks } from '../../../src/plan/plan-destroy.ts';

it('undoes in the order given and removes the folder, with the journal in it, last', () => {
  const changes = [
    { id: 2, title: 'Remove core-01' },
    { id: 1, title: 'Remove the network' },
  ];
  expect(destroyTasks(changes).map(({ id }) => id)).toEqual(['undo-2', 'undo-1', 'remove-lab']);
  expect(destroyTasks([]).map(({ kind }) => kind)).toEqual(['remove-lab']);
});
