import { noSubnet, overlaps } from '../model/cidr.ts';
import { EnvironmentError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import { labPaths, subnetsLockPath } from '../state/lab-home.ts';
import { LockHeldError, withLock } from '../state/process-lock.ts';
import { explainUnwritable } from '../state/state-error.ts';
import { loadState, saveState } from '../state/state-file.ts';
import { subnetsOfOtherLabs } from './subnets-of-labs.ts';
import type { Tools } from './tools.ts';

/** It is held for as long as it takes to read the states of the labs. */
const lockTimeoutMs = 10_000;

/**
 * Makes the range in this state the lab's own by writing the state, where it is not there yet: from then on other labs
 * see it, long before there is a network. False: another lab has the range by now, and nothing was written.
 */
export async function reserveSubnet(state: LabState, tools: Tools, signal: AbortSignal): Promise<boolean> {
  const { home, clock } = tools;
  const path = labPaths(home, state.lab).state;
  if (state.subnet === noSubnet || (await loadState(path))?.subnet === state.subnet) return true;
  const reserve = async (): Promise<boolean> => {
    const others = await subnetsOfOtherLabs(state.lab, tools);
    if (others.some(({ subnet }) => overlaps(subnet, state.subnet))) return false;
    await saveState(path, state);
    return true;
  };
  const lockPath = subnetsLockPath(home);
  const lock = {
    path: lockPath,
    command: 'choose an address range',
    clock,
    timeoutMs: lockTimeoutMs,
    signal,
  };
  try {
    return await withLock(lock, reserve);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw explainUnwritable(error, lockPath);
    throw new EnvironmentError('LAB_STATE_LOCKED', `No address range can be chosen: ${error.message}.`, {
      hint: `That takes a moment only. If it hangs, stop it: kill ${String(error.owner.pid)}`,
      cause: error,
    });
  }
}
