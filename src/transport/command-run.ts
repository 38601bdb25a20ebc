import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { lastLines, OutputCollector } from './output-collector.ts';
import type { RemoteOptions } from './transport.ts';

/** One command on an ssh connection: its standard input and output, and what else ssh can do to it. */
export interface CommandChannel extends Duplex {
  readonly stderr: Readable;
  /** Sends a signal (`TERM`) to the command's process group; does nothing once standard input was ended. */
  signal(name: string): void;
  close(): void;
}

/** In characters, of each stream. */
const keptOutput = 4 * 1024 * 1024;
const shownLines = 15;

/** What one command printed and how it ended. */
export class CommandRun {
  readonly command: string;
  readonly #input: string | Buffer | undefined;
  readonly #stdout: OutputCollector;
  readonly #stderr: OutputCollector;

  constructor(command: string, options: RemoteOptions) {
    this.command = command;
    this.#input = options.input;
    const { onLine } = options;
    this.#stdout = new OutputCollector(
      keptOutput,
      onLine &&
        ((line) => {
          onLine(line, 'stdout');
        }),
    );
    this.#stderr = new OutputCollector(
      keptOutput,
      onLine &&
        ((line) => {
          onLine(line, 'stderr');
        }),
    );
  }

  /**
   * Without input the command reads from /dev/null by way of the shell, and its channel stays open to us:
   * ssh2 sends no signals on a channel whose input was ended, and sshd ends no command that has no terminal.
   */
  remoteText(): string {
    return this.#input === undefined ? `exec </dev/null\n${this.command}` : this.command;
  }

  /** Resolves when the channel has closed, with the exit code; undefined when there was none: the connection was lost. */
  async attach(channel: CommandChannel): Promise<number | undefined> {
    let exitCode: number | undefined;
    channel.on('exit', (code: number | null, signalName?: string) => {
      exitCode = code ?? 128 + signalNumber(signalName);
    });
    const closed = new Promise<void>((resolve, reject) => {
      channel.once('close', resolve);
      channel.once('error', reject);
    });
    const read = collect(channel.stderr, this.#stderr);
    void collect(channel, this.#stdout);
    if (this.#input !== undefined) channel.end(this.#input);
    await Promise.all([closed, read]);
    return exitCode;
  }

  streams(): { stdout: string; stderr: string } {
    return { stdout: this.#stdout.text(), stderr: this.#stderr.text() };
  }

  /** The last lines for an error message: standard error if there is any, else standard output. */
  output(): string {
    return lastLines(this.#stderr.text(), shownLines) || lastLines(this.#stdout.text(), shownLines);
  }
}

function collect(stream: Readable, collector: OutputCollector): Promise<void> {
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    collector.add(text);
  });
  return new Promise((resolve) => {
    stream.once('end', () => {
      collector.end();
      resolve();
    });
  });
}

function signalNumber(name: string | undefined): number {
  return (constants.signals as Record<string, number | undefined>)[name ?? ''] ?? 0;
}
