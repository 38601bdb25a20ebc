import { createWriteStream } from 'node:fs';

/** The log file of one run: all that was said and all that machines answered. */
export interface RunLog {
  path: string;
  write(line: string): void;
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
      if (!broken) stream.write(`${new Date(now()).toISOString()} ${line}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (broken) resolve();
        else stream.end(resolve);
      }),
  };
}
