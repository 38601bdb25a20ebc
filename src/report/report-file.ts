import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';

/** Opens a file that a report is written to as the run goes on. Rejects with the system error where that cannot be. */
export async function openReportFile(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  await once(stream, 'open');
  // What goes wrong later is told when the reporter is closed.
  stream.on('error', () => undefined);
  return stream;
}
