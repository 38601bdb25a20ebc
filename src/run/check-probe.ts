import { LabError } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import type { CommandCheck, HttpCheck } from '../model/scenario.ts';
import type { CheckContext } from './check-context.ts';
import type { Finding } from './check-finding.ts';
import { checkHttp } from './check-http.ts';
import type { HttpAnswer } from './check-http.ts';
import { checkOutput } from './check-output.ts';

/** What an attempt of a check came to. */
export interface Attempt extends Finding {
  /** The command or request, as a person would type it. */
  command: string;
  /** The check's deadline cut the attempt off, so that an earlier one says more. */
  inconclusive: boolean;
  /** What to do where the attempt never got to what the check is about: the machine did not answer. */
  hint?: string;
}

/** One attempt of a check. Rejects with the signal's reason, and with errors that trying again cannot mend. */
export type Probe = (remainingMs: number, signal: AbortSignal) => Promise<Attempt>;

/** One attempt of a command may take this long; a hung one is given up so that there is time for another. */
const commandLimitMs = 60_000;
/** A request gets all of this however little time remains: cut short, a slow server would pass for a silent one. */
const requestLimitMs = 5_000;
/** A machine's address on its own network takes a connection at once or not at all. */
const connectTimeoutMs = 2_000;

/** A check's command on a machine, or on this host without one. */
export function commandProbe(
  check: CommandCheck,
  machine: Machine | undefined,
  context: CheckContext,
): Probe {
  const values = machine === undefined ? {} : { machine };
  const command = context.render(check.command, values);
  const expectation = renderTexts(check.expect, (text) => context.render(text, values));
  return async (remainingMs, signal) => {
    const limit = Math.max(1, Math.min(commandLimitMs, remainingMs));
    try {
      const output = await (machine === undefined
        ? context.runOnHost(command, limit, signal)
        : context.runOn(machine.name, command, limit, signal));
      return { ...checkOutput(expectation, output), command, inconclusive: false };
    } catch (error) {
      signal.throwIfAborted();
      if (!canPass(error)) throw error;
      const expected = 'the command ends';
      const inconclusive = error.code === 'LAB_COMMAND_TIMEOUT' && limit < commandLimitMs;
      const { hint } = error.details;
      const unreached = error.code === 'LAB_SSH_FAILED' && hint !== undefined ? { hint } : {};
      return { passed: false, expected, actual: error.message, command, inconclusive, ...unreached };
    }
  };
}

/** A check's request to a machine. */
export function httpProbe(check: HttpCheck, machine: Machine, context: CheckContext): Probe {
  const values = { machine };
  const { port } = check.http;
  const path = context.render(check.http.path, values);
  const expectation = renderTexts(check.expect, (text) => context.render(text, values));
  return async (_remainingMs, signal) => {
    const url = await urlOf(machine.name, port, path, context);
    const answer = typeof url === 'string' ? await ask(url, context, signal) : url;
    const shown = typeof url === 'string' ? url : `http://${machine.address}:${port}${path}`;
    return { ...checkHttp(expectation, answer), command: `curl ${shown}`, inconclusive: false };
  };
}

/** Where ports are forwarded, a stopped machine has none: nobody answers there, which is what a check may be waiting for. */
async function urlOf(
  machine: string,
  port: number,
  path: string,
  context: CheckContext,
): Promise<string | { noAnswer: string }> {
  try {
    return (await context.requestFrom(machine, port, path)).url;
  } catch (error) {
    if (error instanceof LabError && error.code === 'LAB_PORT_UNPUBLISHED')
      return { noAnswer: error.message };
    throw error;
  }
}

async function ask(url: string, { http }: CheckContext, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    return await http.request({ url, timeoutMs: requestLimitMs, connectTimeoutMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    return { noAnswer: (error as Error).message };
  }
}

const passing: readonly string[] = ['LAB_SSH_FAILED', 'LAB_PORT_UNPUBLISHED', 'LAB_COMMAND_TIMEOUT'];

/** A machine that is still starting refuses ssh, and a busy one is late: both may pass at the next attempt. */
function canPass(error: unknown): error is LabError {
  return error instanceof LabError && passing.includes(error.code);
}

/** A copy of plain data with every text in it rendered; keys stay as they are. */
function renderTexts<T>(data: T, render: (text: string) => string): T {
  if (typeof data === 'string') return render(data) as T;
  if (Array.isArray(data)) return data.map((entry: unknown) => renderTexts(entry, render)) as T;
  if (typeof data !== 'object' || data === null) return data;
  const entries = Object.entries(data).map(([key, value]) => [key, renderTexts<unknown>(value, render)]);
  return Object.fromEntries(entries) as T;
}
