import { ChildRecord } from '../state/child-record.ts';
import { labPaths } from '../state/lab-home.ts';
import { lockLab } from '../state/lab-lock.ts';
import type { Tools } from './tools.ts';

/**
 * Does something with a lab that nobody else may touch meanwhile. What a killed run on it left running is ended first.
 * Throws LAB_STATE_LOCKED.
 */
export async function holdLab<T>(
  lab: string,
  command: string,
  tools: Tools,
  work: () => Promise<T>,
): Promise<T> {
  const { home, clock } = tools;
  const lock = await lockLab({ home, lab, command, clock });
  try {
    tools.recordChildren(await ChildRecord.takeOver(labPaths(home, lab).children, clock));
    return await work();
  } finally {
    lock.release();
  }
}
