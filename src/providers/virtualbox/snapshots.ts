import type { CheckpointedMachine } from '../provider.ts';
import { virtualBoxFailure, type VBoxManage } from './vbox-manage.ts';

/** A snapshot of one machine. Names are not unique in VirtualBox. */
export interface Snapshot {
  id: string;
  name: string;
  /** What began there: later snapshots, and the machine's present state. VirtualBox deletes none with more than one. */
  branches: number;
}

/** What VBoxManage prints instead of a list, with exit status 1 and nothing on stderr (7.2). */
const none = 'This machine does not have any snapshots';

/** Snapshots of a machine, each after the one it was taken from. Throws LAB_VIRTUALBOX_FAILED. */
export async function listSnapshots(
  vboxManage: VBoxManage,
  { name, id }: CheckpointedMachine,
  signal?: AbortSignal,
): Promise<Snapshot[]> {
  const result = await vboxManage.run(['snapshot', id, 'list', '--machinereadable'], { signal });
  if (result.exitCode === 0) return parseSnapshots(result.stdout);
  if (result.exitCode === 1 && result.stdout.startsWith(none)) return [];
  throw virtualBoxFailure(result, `Listing the snapshots of ${name}`, name);
}

/**
 * `SnapshotName-1-2="NAME"` and `SnapshotUUID-1-2="UUID"`: the second child of the first child of the first snapshot,
 * which has no numbers. Nothing is escaped: descriptions, which may have several lines, hold what people write.
 */
export function parseSnapshots(text: string): Snapshot[] {
  const nodes = [...text.matchAll(nodeLines)].map(([, path = '', name = '', id = '']) => ({
    path,
    name,
    id,
  }));
  const current = /^CurrentSnapshotUUID="(.*)"\r?$/m.exec(text)?.[1];
  return nodes.map(({ path, name, id }) => {
    const children = nodes.filter((other) => other.path !== '' && parentOf(other.path) === path);
    return { id, name, branches: children.length + (id === current ? 1 : 0) };
  });
}

const nodeLines = /^SnapshotName((?:-\d+)*)="(.*)"\r?\nSnapshotUUID\1="([0-9a-f-]{36})"\r?$/gm;

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('-'));
}
