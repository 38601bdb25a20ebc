import { join } from 'node:path';
import type { BoxOptions } from '../boxes/box-options.ts';
import { ensureBox } from '../boxes/ensure-box.ts';
import { SharedJournal } from '../host/shared-journal.ts';
import type { RunContext } from '../run/run-context.ts';
import { artifactPlaces } from './artifact-source.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import type { Tools } from './tools.ts';

/** Vagrant's name of the only provider that machines are made from boxes with. */
export const boxProvider = 'virtualbox';

/** How boxes are found and fetched: as artifacts are, for VirtualBox on x86-64, the only processor that it is driven on here. */
export function boxOptions(
  tools: Pick<Tools, 'cache' | 'http' | 'clock'>,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): BoxOptions {
  return {
    ...artifactPlaces(tools),
    metadataDir: join(tools.cache, 'boxes'),
    provider: boxProvider,
    architecture: 'amd64',
    http: tools.http,
    clock: tools.clock,
    onProgress,
    signal,
  };
}

/** Adds boxes to the Vagrant of this user; what Vagrant prints goes to the log of the run. */
export function createBoxSource(
  tools: Tools,
  log: { path: string; write: (line: string) => void },
  signal: AbortSignal,
): RunContext['addBox'] {
  return async (box, onProgress) => {
    const { version, added, place, firstSha256 } = await ensureBox(box, {
      ...boxOptions(tools, onProgress, signal),
      exec: tools.exec,
      home: ownVagrantHome(),
      logLine: log.write,
      logPath: log.path,
      record: new SharedJournal(tools.home, tools.clock).record,
    });
    const title = `${box.name} ${version}`;
    if (!added) return `${title} is there`;
    const from = `${title} from ${place ?? ''}`;
    if (firstSha256 === undefined) return from;
    return `${from}; the publisher's digest is not known, so this one is asked for from now on: sha256 ${firstSha256}`;
  };
}
