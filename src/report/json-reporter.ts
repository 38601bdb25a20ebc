import type { RunEvent } from '../model/event.ts';
import { openReportFile } from './report-file.ts';
import { flushed } from './reporter.ts';
import type { Reporter, ReportStream } from './reporter.ts';

/** One JSON object a line: the events as they are. The last line is the run-finished event with the whole report. */
export class JsonReporter implements Reporter {
  readonly #stream: ReportStream;
  readonly #end: () => void;

  constructor(stream: ReportStream, end: () => void = () => undefined) {
    this.#stream = stream;
    this.#end = end;
  }

  /** Writes to a file, which must be possible now: rejects with the system error. */
  static async toFile(path: string): Promise<JsonReporter> {
    const stream = await openReportFile(path);
    return new JsonReporter(stream, () => stream.end());
  }

  handle(event: RunEvent): void {
    this.#stream.write(`${JSON.stringify(event)}\n`);
  }

  async close(): Promise<void> {
    await flushed(this.#stream);
    this.#end();
  }
}
