import type { Clock } from '../../io/clock.ts';
import { CommandError } from '../../model/errors.ts';
import type { CheckpointedMachine } from '../provider.ts';
import { isInUse } from './machine-info.ts';
import type { VBoxManage } from './vbox-manage.ts';

const stopMs = 60_000;
const pollMs = 100;

/**
 * Cuts a machine's power, whatever it is doing, and waits until VirtualBox has let go of it. Does nothing to one that is
 * off. Throws LAB_VIRTUALBOX_FAILED.
 */
export async function cutPower(
  vboxManage: VBoxManage,
  machine: CheckpointedMachine,
  clock: Clock,
): Promise<void> {
  // One that is off refuses this; what counts is that it is.
  await vboxManage.run(['controlvm', machine.id, 'poweroff'], { timeoutMs: stopMs });
  await waitUntilReleased(vboxManage, machine, clock);
}

/**
 * Waits until VirtualBox has let go of a machine that is off: its process lives on for 1 to 2 s, and until it has ended
 * the machine can be neither started nor changed ("already locked by a session", VirtualBox 7.2). Throws
 * LAB_VIRTUALBOX_FAILED.
 */
export async function waitUntilReleased(
  vboxManage: VBoxManage,
  { name, id }: CheckpointedMachine,
  clock: Clock,
): Promise<void> {
  const deadline = clock.elapsed() + stopMs;
  while (await isInUse(vboxManage, id)) {
    if (clock.elapsed() >= deadline) {
      throw new CommandError('LAB_VIRTUALBOX_FAILED', `${name} did not stop within ${stopMs / 1000} s.`, {
        machine: name,
        hint: `\`VBoxManage showvminfo ${id}\` shows what it is doing.`,
      });
    }
    await clock.sleep(pollMs);
  }
}
