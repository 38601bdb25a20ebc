import type { Task } from '../model/plan.ts';

/** An entry of the journal, as far as planning needs it. */
export interface ChangeToUndo {
  id: number;
  /** What undoing it does, in words. */
  title: string;
}

/** The tasks of `lab destroy`: every open entry of the journal, newest first, then the lab's own folder. */
export function destroyTasks(changes: readonly ChangeToUndo[]): Task[] {
  return [
    ...changes.map(({ id, title }): Task => ({ kind: 'undo-change', id: `undo-${id}`, title, entry: id })),
    {
      kind: 'remove-lab',
      id: 'remove-lab',
      title: "Remove the lab's folder (state, keys, rendered files, logs)",
    },
  ];
}
