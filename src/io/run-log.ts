import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { stripVTControlCharacters } from 'node:util';
import { createPrivateDirectory } from './files.ts';

const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The log file of one run: all that was said and all that machines answered. */
export interface RunLog {
  path: string;
  write: (line: string) => void;
  /** Why the log is not complete, where it is not. */
  close: () => Promise<Error | undefined>;
}

/**
 * Opens a log readable by its owner only, in a folder that is made where it is missing. A log that cannot be written must
 * not end a run: it is then given up, and `close` tells.
 */
export async function openRunLog(path: string, now: () => number): Promise<RunLog> {
  try {
    await createPrivateDirectory(dirname(path));
  } catch (error) {
    return { path, write: () => undefined, close: () => Promise.resolve(error as Error) };
  }
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  const ended = finished(stream).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  return {
    path,
    write: (line) => {
      // What a machine printed must not pass for a line of ours, nor do anything to a terminal.
      const text = stripVTControlCharacters(line).replace(control, '�').replaceAll('\n', '\n  ');
      // What comes after an error is not written: a log with a hole would be read as if it had none.
      if (stream.writable) stream.write(`${new Date(now()).toISOString()} ${text}\n`);
    },
    close: () => {
      if (stream.writable) stream.end();
      return ended;
    },
  };
}
