import { randomBytes } from 'node:crypto';
import type { CommandChannel, CommandRun } from './command-run.ts';
import { exitStatus } from './command-run.ts';
import { MarkedText } from './marked-text.ts';

/**
 * Runs commands one after the other, each in a subshell of its own with empty input; for the user's login shell, which
 * must be a POSIX one. A request is a line with a mark and the number of lines that follow, and those lines. The answer
 * is what the command prints, and then the mark on both streams, on standard output with the exit status.
 *
 * sshd starts a shell for each command, which takes a quarter of a second on a slow machine; this one is there already.
 */
export const shellLoop = `while read -r lab_mark lab_lines; do
lab_command=
while [ "$lab_lines" -gt 0 ] && IFS= read -r lab_line; do
lab_command="$lab_command$lab_line
"
lab_lines=$((lab_lines - 1))
done
(eval "$lab_command") </dev/null
printf '%s %d\\n' "$lab_mark" "$?"
printf '%s\\n' "$lab_mark" >&2
done`;

/** A shell that is open on a machine. Runs one command at a time. */
export class RemoteShell {
  readonly channel: CommandChannel;
  readonly #stdout = new MarkedText();
  readonly #stderr = new MarkedText();
  /** Resolves when the shell has ended, with its exit status if it had one. Never rejects. */
  readonly #ended: Promise<number | undefined>;

  #over = false;

  constructor(channel: CommandChannel) {
    this.channel = channel;
    const status = exitStatus(channel).finally(() => {
      this.#over = true;
    });
    this.#ended = Promise.all([
      status,
      follow(channel, this.#stdout),
      follow(channel.stderr, this.#stderr),
    ]).then(
      ([code]) => code,
      () => undefined,
    );
  }

  /** It has ended and runs nothing any more. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Resolves with the command's exit status. Where it took the whole shell with it, that is the shell's own; undefined
   * when there was none: the connection was lost.
   */
  async run(attempt: CommandRun): Promise<number | undefined> {
    // The separator is no part of any text that a command prints for people; the rest cannot be guessed.
    const mark = `\u001e${randomBytes(12).toString('hex')}`;
    const answer = Promise.all([
      this.#stdout.until(mark, (text) => {
        attempt.add('stdout', text);
      }),
      this.#stderr.until(mark, (text) => {
        attempt.add('stderr', text);
      }),
    ]).then(([status]) => Number(status));
    const lines = attempt.command.split('\n').length;
    this.channel.write(`${mark} ${String(lines)}\n${attempt.command}\n`);
    const status = await Promise.race([answer, this.#ended]);
    attempt.end();
    return status;
  }
}

/** Reads a stream to its end. */
function follow(stream: NodeJS.ReadableStream, text: MarkedText): Promise<void> {
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    text.add(piece);
  });
  return new Promise((resolve) => {
    const end = (): void => {
      text.end();
      resolve();
    };
    stream.once('end', end);
    stream.once('close', end);
  });
}
