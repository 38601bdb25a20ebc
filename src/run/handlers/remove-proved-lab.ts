import type { Handler } from '../runner.ts';
import { removeLab } from './remove-lab.ts';
import { undoChange } from './undo-change.ts';

/**
 * Removes the lab of a proof: undoes every open entry of its journal, newest first, then removes its folder. A run that
 * was stopped removes it all the same, so that its signal does not count here. Throws the first error when all that can
 * be undone is.
 */
export const removeProvedLab: Handler<'remove-lab'> = async (task, context, report) => {
  const { signal } = new AbortController();
  const calm = { ...context, signal, hostSetUp: { ...context.hostSetUp, signal } };
  const errors: unknown[] = [];
  for (const { id } of await calm.journal.open()) {
    const undo = { kind: 'undo-change', id: `undo-${id}`, title: task.title, entry: id } as const;
    await undoChange(undo, calm, report).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
  return removeLab(task, calm, report);
};
