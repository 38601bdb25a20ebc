import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../model/errors.ts';
import { printable } from '../report/printable.ts';

/**
 * Asks a yes-or-no question on the terminal. Without one: yes with --yes, else LAB_CONFIRMATION_NEEDED. Ctrl-D is a no,
 * Ctrl-C stops the command: then the signal's reason is thrown.
 */
export async function confirm(question: string, yes: boolean, signal: AbortSignal): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    throw new UsageError('LAB_CONFIRMATION_NEEDED', `No terminal to ask on: ${question}`, {
      hint: 'Add --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // readline keeps the terminal's Ctrl-C to itself; the rest of the program must hear of it.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // Without an answer, as at Ctrl-D, older releases of Node.js leave the question open for ever.
  const unanswered = once(terminal, 'close').then(() => '');
  try {
    const answer = await Promise.race([
      terminal.question(`${printable(question)} [y/N] `, { signal }),
      unanswered,
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    terminal.close();
  }
}
