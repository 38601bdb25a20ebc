import type { LabError } from '../model/errors.ts';
import { machineError, reasonIn } from './vagrant-error.ts';
import type { FailedRun } from './vagrant-error.ts';
import type { VagrantRow } from './vagrant-output.ts';

/** How `vagrant up` went for one machine. */
export interface MachineOutcome {
  name: string;
  ok: boolean;
  /** Why it failed, in a sentence of ours where we know the failure, else in the words of Vagrant or of what it ran. */
  message?: string;
  /** The failure with its code, what to do and Vagrant's words; not there for a machine that was not tried. */
  error?: LabError;
}

const batchHeader =
  /An error occurred while executing the action on the '([^']+)'\s+machine\. Please handle this error then try again:\s+/;
const notTried = 'was not tried, because another machine failed before it';
const silent = 'Vagrant ended and did not say why';

/**
 * What became of each machine that was to be booted. A machine is up when its action ended; Vagrant prints no end for
 * one that failed. Providers that boot in parallel (docker) collect all errors into one BatchMultiError, with a
 * paragraph for each machine; the others stop at the first one, and what comes after it was not tried.
 */
export function machineOutcomes(
  machines: readonly string[],
  rows: readonly VagrantRow[],
  run: FailedRun = {},
): MachineOutcome[] {
  const actions = (phase: 'start' | 'end'): Set<string | undefined> =>
    new Set(rows.flatMap((row) => (row.kind === 'action' && row.phase === phase ? [row.machine] : [])));
  const started = actions('start');
  const ended = actions('end');
  const exit = rows.find((row) => row.kind === 'error-exit');
  // A Ruby exception that Vagrant does not catch is plain text; one that is killed says nothing.
  const said = exit?.message ?? rows.flatMap((row) => (row.kind === 'text' ? [row.text] : [])).join('\n');
  const reasons = batchReasons(said);
  return machines.map((name) => {
    if (ended.has(name)) return { name, ok: true };
    const reason = reasons.get(name);
    const text = reason ?? (started.has(name) || started.size === 0 ? said : undefined);
    if (text === undefined) return { name, ok: false, message: notTried };
    // Vagrant gives no classes to the errors that it collects.
    const rubyClass = reason === undefined ? exit?.errorClass.replace('Vagrant::Errors::', '') : undefined;
    const { error, known } = machineError({ rubyClass, text, machine: name, rows }, run);
    // A lock is met before any action begins; then the text alone says whose it is.
    const other = error.details.machine !== undefined && error.details.machine !== name;
    if (other) return { name, ok: false, message: notTried };
    return { name, ok: false, message: known ? error.message : reasonIn(text) || silent, error };
  });
}

function batchReasons(message: string): Map<string, string> {
  const [, ...parts] = message.split(new RegExp(batchHeader, 'g'));
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < parts.length; index += 2)
    pairs.push([parts[index] ?? '', parts[index + 1] ?? '']);
  return new Map(pairs);
}
