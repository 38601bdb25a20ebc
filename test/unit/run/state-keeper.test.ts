import { expect, it } from 'vitest';
import type { LabState } from '../../../src/model/lab-state.ts';
import { StateKeeper } from '../../../src/run/state-keeper.ts';
import { formedState } from '../plan/plan-fixture.ts';

const pin =
  (name: string) =>
  (state: LabState): LabState => ({ ...state, hostKeys: { ...state.hostKeys, [name]: `key of ${name}` } });

it('applies changes made at the same time one after the other, each saved before it counts', async () => {
  const saved: string[][] = [];
  const keeper = new StateKeeper(formedState(3), async (state) => {
    await Promise.resolve();
    expect(keeper.current).not.toBe(state);
    saved.push(Object.keys(state.hostKeys));
  });
  await Promise.all(['a', 'b', 'c'].map((name) => keeper.update(pin(name))));
  expect(saved).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c']]);
  expect(Object.keys(keeper.current.hostKeys)).toEqual(['a', 'b', 'c']);
});

it('keeps what is on disk when a change cannot be saved, and goes on from there', async () => {
  let full = false;
  const keeper = new StateKeeper(formedState(3), () =>
    full ? Promise.reject(new Error('disk full')) : Promise.resolve(),
  );
  await keeper.update(pin('a'));
  full = true;
  await expect(keeper.update(pin('b'))).rejects.toThrow('disk full');
  expect(Object.keys(keeper.current.hostKeys)).toEqual(['a']);
  full = false;
  await keeper.update(pin('c'));
  expect(Object.keys(keeper.current.hostKeys)).toEqual(['a', 'c']);
});
