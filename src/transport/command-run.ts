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

/** What one command printed. */
export class CommandRun {
  readonly command: string;
  readonly #output: Readonly<Record<'stdout' | 'stderr', OutputCollector>>;

  constructor(command: string, { onLine }: Pick<RemoteOptions, 'onLine'>) {
    this.command = command;
    const collector = (stream: 'stdout' | 'stderr'): OutputCollector =>
      new OutputCollector(
        keptOutput,
        onLine &&
          ((line) => {
            onLine(line, stream);
          }),
      );
    this.#output = { stdout: collector('stdout'), stderr: collector('stderr') };
  }

  add(stream: 'stdout' | 'stderr', text: string): void {
    this.#output[stream].add(text);
  }

  /** Nothing more comes. */
  end(): void {
    this.#output.stdout.end();
    this.#output.stderr.end();
  }

  streams(): { stdout: string; stderr: string } {
    return { stdout: this.#output.stdout.text(), stderr: this.#output.stderr.text() };
  }

  /** The last lines for an error message: standard error if there is any, else standard output. */
  output(): string {
    const { stdout, stderr } = this.streams();
    return lastLines(stderr, shownLines) || lastLines(stdout, shownLines);
  }
}

/** Follows a command that has a channel of its own; resolves as `exitStatus` does. */
export async function followChannel(
  channel: CommandChannel,
  attempt: CommandRun,
  input: string | Buffer,
): Promise<number | undefined> {
  const status = exitStatus(channel);
  const read = collect(channel.stderr, 'stderr', attempt);
  void collect(channel, 'stdout', attempt);
  channel.end(input);
  const [code] = await Promise.all([status, read]);
  attempt.end();
  return code;
}

/** Resolves when the channel has closed, with the exit code; undefined when there was none: the connection was lost. */
export function exitStatus(channel: CommandChannel): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let exitCode: number | undefined;
    channel.on('exit', (code: number | null, signalName?: string) => {
      exitCode = code ?? 128 + signalNumber(signalName);
    });
    channel.once('close', () => {
      resolve(exitCode);
    });
    channel.once('error', reject);
  });
}

function collect(stream: Readable, name: 'stdout' | 'stderr', attempt: CommandRun): Promise<void> {
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    attempt.add(name, text);
  });
  return new Promise((resolve) => {
    stream.once('end', resolve);
  });
}

function signalNumber(name: string | undefined): number {
  return (constants.signals as Record<string, number | undefined>)[name ?? ''] ?? 0;
}
