import type { VagrantRow } from './vagrant-output.ts';

/** How `vagrant up` went for one machine. */
export interface MachineOutcome {
  name: string;
  ok: boolean;
  /** Why it failed, in Vagrant's words or those of the command that Vagrant ran. */
  message?: string;
}

const batchHeader =
  /An error occurred while executing the action on the '([^']+)'\s+machine\. Please handle this error then try again:\s+/;

/**
 * What became of each machine that was to be booted. A machine is up when its action ended; Vagrant prints no end for
 * one that failed. Providers that boot in parallel (docker) collect all errors into one BatchMultiError, with a
 * paragraph for each machine; the others stop at the first one, and what comes after it was not tried.
 */
export function machineOutcomes(machines: readonly string[], rows: readonly VagrantRow[]): MachineOutcome[] {
  const actions = (phase: 'start' | 'end'): Set<string | undefined> =>
    new Set(rows.flatMap((row) => (row.kind === 'action' && row.phase === phase ? [row.machine] : [])));
  const started = actions('start');
  const ended = actions('end');
  const exit = rows.find((row) => row.kind === 'error-exit');
  const reasons = batchReasons(exit?.message ?? '');
  return machines.map((name) => {
    if (ended.has(name)) return { name, ok: true };
    const own = reasons.get(name) ?? (started.has(name) || started.size === 0 ? exit?.message : undefined);
    const message =
      own === undefined ? 'was not tried, because another machine failed before it' : brief(own);
    return { name, ok: false, message };
  });
}

function batchReasons(message: string): Map<string, string> {
  const [, ...parts] = message.split(new RegExp(batchHeader, 'g'));
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < parts.length; index += 2)
    pairs.push([parts[index] ?? '', parts[index + 1] ?? '']);
  return new Map(pairs);
}

/** Of a failed Docker command Vagrant prints the whole Ruby array and both outputs; the reason is in standard error. */
function brief(message: string): string {
  const stderr = /\nStderr: (.*?)\n\n\n?Stdout:/s.exec(message)?.[1];
  return (stderr === undefined || stderr.trim() === '' ? message : stderr).trim();
}
