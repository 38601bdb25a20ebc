import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import type { LoadedScenario } from '../load/load-scenario.ts';
import { hostCommands } from '../model/host-commands.ts';
import type { LabState } from '../model/lab-state.ts';
import { UsageError } from '../model/errors.ts';
import { printable } from '../report/printable.ts';
import { confirm } from './confirm.ts';

/** What a scenario that did not come with lab runs on this computer. */
export interface HostCommands {
  commands: string[];
  /** Tells these commands from any others; kept in the lab's state when they were agreed to. */
  digest: string;
}

/** Undefined: it runs none, or it came with lab. */
export function foreignHostCommands({ scenario, reference }: LoadedScenario): HostCommands | undefined {
  const commands = isAbsolute(reference) ? hostCommands(scenario) : [];
  if (commands.length === 0) return undefined;
  return { commands, digest: createHash('sha256').update(JSON.stringify(commands)).digest('hex') };
}

/** Shows the commands and asks, unless --trust was given. Throws LAB_SCENARIO_UNTRUSTED. */
export async function askForTrust(
  { commands }: HostCommands,
  { file }: LoadedScenario,
  trust: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (trust) return;
  const shown = [...new Set(commands)].map((command) => `  ${printable(command).replaceAll('\n', '\n  ')}`);
  const text = `${file} runs these commands on this computer, as you:\n${shown.join('\n')}`;
  if (!process.stdin.isTTY) throw untrusted(`${text}\nThere is no terminal to ask on.`);
  if (await confirm(`${text}\nGo on?`, false, signal)) return;
  throw untrusted('Nothing was done.');
}

/** For commands on a lab that is there: `lab up` has asked. Throws LAB_SCENARIO_UNTRUSTED where the commands are others now. */
export function assertTrusted(loaded: LoadedScenario, { trusted }: Pick<LabState, 'trusted'>): void {
  const foreign = foreignHostCommands(loaded);
  if (foreign === undefined || foreign.digest === trusted) return;
  throw untrusted(
    `What ${loaded.file} runs on this computer is not what was agreed to when the lab was brought up.`,
  );
}

function untrusted(message: string): UsageError {
  return new UsageError('LAB_SCENARIO_UNTRUSTED', message, {
    hint: 'Read them. `lab up` with the file asks again; with --trust it does not.',
  });
}
