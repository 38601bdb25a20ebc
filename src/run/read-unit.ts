import { LabError } from '../model/errors.ts';
import { quoteShell } from '../provision/quote.ts';
import type { CheckContext } from './check-context.ts';

/** What systemd says of a unit of a machine. */
export interface UnitReport {
  machine: string;
  unit: string;
  /** `active (running)`, `failed (failed), result exit-code, exit status 1`; or why nothing is known. */
  state: string;
  /** Its last lines in the journal; empty where the machine has no such unit. */
  journal: string;
}

const timeoutMs = 15_000;
const journalLines = 20;
const properties = 'LoadState,ActiveState,SubState,Result,ExecMainStatus';

/** State and last journal lines of a unit. Does not fail with the machine: the state then says what happened. */
export async function readUnit(
  unit: string,
  machine: string,
  context: CheckContext,
  signal: AbortSignal,
): Promise<UnitReport> {
  const word = quoteShell(unit);
  const ask = async (command: string): Promise<string> =>
    (await context.runOn(machine, command, timeoutMs, signal)).stdout;
  try {
    const state = parseProperties(await ask(`systemctl show --property=${properties} -- ${word}`));
    if (state.get('LoadState') === 'not-found')
      return { machine, unit, state: 'there is no such unit', journal: '' };
    const journal = await ask(`sudo -n journalctl -u ${word} -n ${journalLines} --no-pager 2>&1`);
    return { machine, unit, state: describe(state), journal: journal.trimEnd() };
  } catch (error) {
    if (signal.aborted || !(error instanceof LabError)) throw error;
    return { machine, unit, state: `not known: ${error.message}`, journal: '' };
  }
}

/** `systemctl show` prints NAME=VALUE, a line each. */
function parseProperties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

function describe(state: ReadonlyMap<string, string>): string {
  const [active = 'unknown', sub = 'unknown'] = [state.get('ActiveState'), state.get('SubState')];
  const result = state.get('Result') ?? '';
  const status = state.get('ExecMainStatus') ?? '0';
  return [
    `${active} (${sub})`,
    ...(['', 'success'].includes(result) ? [] : [`result ${result}`]),
    ...(status === '0' ? [] : [`exit status ${status}`]),
  ].join(', ');
}
