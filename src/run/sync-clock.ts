import { CommandError, LabError } from '../model/errors.ts';
import type { Connection } from '../transport/transport.ts';
import type { RunContext } from './run-context.ts';
import { waitUntil } from './wait-until.ts';

const commandMs = 30_000;
const withinMs = 180_000;
const allowedMs = 2_000;

/** How a clock was found and left. */
interface Setting {
  /** How far it was behind, in seconds. */
  behind: number;
  /** Half of what the setting took: so much later than it was sent did the machine get to it. */
  delayMs: number;
  passed: boolean;
}

/**
 * Sets a machine's clock to this host's and makes sure that it is then within 2 s of it. A machine that goes on from a
 * saved state has the time of when it was saved, and may be slow to answer while others start beside it. Answers how far
 * behind it was, in seconds. Throws LAB_COMMAND_FAILED, or what connecting throws.
 */
export async function syncClock(machine: string, context: RunContext): Promise<number> {
  const { clock, signal } = context;
  let setting: Setting | undefined;
  let failure: LabError | undefined;
  const { passed } = await waitUntil(
    async () => {
      try {
        failure = undefined;
        const next = await setOnce(machine, context, setting?.delayMs ?? 0);
        setting = { ...next, behind: setting?.behind ?? next.behind };
        return setting;
      } catch (error) {
        if (!isSlowness(error)) throw error;
        context.disconnect(machine);
        failure = error;
        return { passed: false };
      }
    },
    { withinMs, clock, signal },
  );
  if (passed && setting !== undefined) return setting.behind;
  throw failure ?? unset(machine, { logPath: context.logPath });
}

function isSlowness(error: unknown): error is LabError {
  return error instanceof LabError && ['LAB_SSH_FAILED', 'LAB_COMMAND_TIMEOUT'].includes(error.code);
}

async function setOnce(machine: string, context: RunContext, delayMs: number): Promise<Setting> {
  const { clock } = context;
  const connection = await context.connect(machine);
  const run = (command: string): Promise<number> => runDate(connection, command, context.signal);
  const begun = clock.now();
  // Both GNU's and busybox's `date` take `@SECONDS`.
  const to = Math.round((begun + delayMs) / 1000);
  const before = await run(`date -u +%s && sudo date -u -s @${to} >/dev/null`);
  const asked = clock.now();
  const shownMs = (await run('date -u +%s')) * 1000;
  // It was read at some moment since `asked`, and is cut off to whole seconds.
  const deviationMs = Math.max(clock.now() - shownMs, shownMs + 1000 - asked);
  return {
    behind: Math.floor(begun / 1000) - before,
    delayMs: (asked - begun) / 2,
    passed: deviationMs <= allowedMs,
  };
}

async function runDate(connection: Connection, command: string, signal: AbortSignal): Promise<number> {
  const result = await connection.run(command, { timeoutMs: commandMs, signal });
  if (result.exitCode === 0) return Number.parseInt(result.stdout, 10);
  throw unset(connection.machine, { command, output: result.stderr.trim() });
}

function unset(
  machine: string,
  details: { command?: string; output?: string; logPath?: string },
): CommandError {
  return new CommandError('LAB_COMMAND_FAILED', `The clock of ${machine} could not be set.`, {
    ...details,
    machine,
    hint: `\`lab ssh ${machine} date\` shows its time. To know it to 2 s, the machine must answer within 3 s.`,
  });
}
