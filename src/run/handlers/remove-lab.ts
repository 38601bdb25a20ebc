import { rm } from 'node:fs/promises';
import { BugError } from '../../model/errors.ts';
import type { Handler } from '../runner.ts';

/** Removes the lab's own folder, last: until here a killed `lab destroy` can be run again. */
export const removeLab: Handler<'remove-lab'> = async (_task, context) => {
  const open = await context.journal.open();
  if (open.length > 0) throw new BugError('LAB_BUG', `${open.length} changes of the host are not undone.`);
  await rm(context.paths.lab, { recursive: true, force: true });
  return { status: 'changed' };
};
