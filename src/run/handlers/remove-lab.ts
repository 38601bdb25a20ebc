import { rm } from 'node:fs/promises';
import { count } from '../../model/count.ts';
import type { Handler } from '../runner.ts';

/** Removes the lab's own folder, last: until here a killed `lab destroy` can be run again. */
export const removeLab: Handler<'remove-lab'> = async (_task, context) => {
  const open = await context.journal.open();
  if (open.length > 0) {
    return {
      status: 'skipped',
      message: `kept: ${count(open.length, 'change')} of this host could not be undone`,
    };
  }
  await rm(context.paths.lab, { recursive: true, force: true });
  return { status: 'changed' };
};
