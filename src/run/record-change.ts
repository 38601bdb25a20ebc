import { isDeepStrictEqual } from 'node:util';
import type { Journal } from '../host/journal.ts';
import type { HostChange } from '../host/journal-entry.ts';

/**
 * Makes a change of the host after it has been written down. A run that goes on after another finds that one's
 * entry and does not write it twice. When `make` throws, the entry stays open: the change may be half made.
 */
export async function recordChange<T>(
  journal: Journal,
  change: HostChange,
  make: () => Promise<T>,
): Promise<T> {
  const known = (await journal.open()).find((entry) => isDeepStrictEqual(entry.change, change));
  const id = known?.id ?? (await journal.append(change));
  const result = await make();
  if (known?.done !== true) await journal.markDone(id);
  return result;
}
