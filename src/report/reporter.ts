import type { RunEvent } from '../model/event.ts';

/** Shows a run to a person or a program. Reporters see events and nothing else. */
export interface Reporter {
  /** Takes the next event; never throws and never blocks the run. */
  handle(event: RunEvent): void;
  /**
   * Resolves when everything is written; must be called once, also when the run was stopped or threw. What a run that
   * never finished left open is shown as not run. Rejects when the report could not be written.
   */
  close(): Promise<void>;
}

/** Where reporters write: `process.stdout`, or an open file. */
export type ReportStream = Pick<NodeJS.WritableStream, 'write'>;

/** Resolves when all that was written to the stream before has left it. */
export function flushed(stream: ReportStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write('', (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
