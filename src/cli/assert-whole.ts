import { CommandError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';

/** Throws LAB_CHECKPOINT_INCOMPLETE where the restoring of a checkpoint was begun and not finished. */
export function assertWhole({ lab, restoring }: Pick<LabState, 'lab' | 'restoring'>): void {
  if (restoring === undefined) return;
  throw new CommandError(
    'LAB_CHECKPOINT_INCOMPLETE',
    `The machines of lab ${lab} are not all as they should be: restoring checkpoint ${restoring} was begun and not finished.`,
    { hint: `\`lab checkpoint restore ${restoring}\` again, or \`lab destroy ${lab}\`.` },
  );
}
