import { Slots } from '../io/slots.ts';
import type { MachineOutcome } from './machine-outcomes.ts';

export interface StagedBoot {
  /** Booted alone until its machine is started. */
  first: string;
  others: readonly string[];
  /** How many machines boot at the same time, the first one included. */
  atOnce: number;
  /**
   * Boots one machine; `onStarted` is called when the machine itself has been started, after which Vagrant only waits
   * for it. Rejects where the failure is not the machine's own.
   */
  boot: (machine: string, onStarted: () => void) => Promise<MachineOutcome>;
  signal: AbortSignal;
}

/**
 * Boots machines that Vagrant would boot one after the other. The first goes ahead until it is started: then box,
 * master of the linked clones and host-only network are there, which two Vagrants must not make at the same time
 * (https://github.com/hashicorp/vagrant: the VirtualBox provider guards none but the box with a lock). The failure of
 * one machine is its own; what concerns all (no box, a broken Vagrantfile) is thrown before the others are begun, or
 * when they have ended.
 */
export async function bootInStages({
  first,
  others,
  atOnce,
  boot,
  signal,
}: StagedBoot): Promise<MachineOutcome[]> {
  const slots = new Slots(Math.max(1, atOnce));
  const inSlot = async (machine: string, onStarted: () => void): Promise<MachineOutcome> => {
    const giveBack = await slots.take(signal);
    try {
      return await boot(machine, onStarted);
    } finally {
      giveBack();
    }
  };
  let onStarted = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const leading = inSlot(first, () => {
    onStarted();
  });
  await Promise.race([started, leading]);
  const outcomes = await Promise.allSettled([
    leading,
    ...others.map((machine) => inSlot(machine, () => undefined)),
  ]);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
