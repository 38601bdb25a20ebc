import { createWriteStream } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The log file of one run: all that was said and all that machines answered. */
export interface RunLog {
  path: string;
  write: (line: string) => void;
  close(): Promise<void>;
}

/** Opens a log readable by its owner only. A log that cannot be written must not end a run: it is then given up. */
export function openRunLog(path: string, now: () => number): RunLog {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });
  return {
    path,
    write: (line) => {
      // What a machine printed must not pass for a line of ours, nor do anything to a terminal.
      const text = stripVTControlCharacters(line).replace(control, '�').replaceAll('\n', '\n  ');
      if (!broken) stream.write(`${new Date(now()).toISOString()} ${text}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (broken) resolve();
        else stream.end(resolve);
      }),
  };
}
