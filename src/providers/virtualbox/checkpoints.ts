import { systemClock, type Clock } from '../../io/clock.ts';
import { CommandError, LabError, UsageError } from '../../model/errors.ts';
import type { CheckpointedMachine, Checkpoints } from '../provider.ts';
import { cutPower } from './machine-power.ts';
import { listSnapshots, type Snapshot } from './snapshots.ts';
import type { VBoxManage } from './vbox-manage.ts';

/** Memory is written to or read from disk; deleting merges disk images. */
const longMs = 600_000;

const removing = 'Deleting the snapshot of';
/** In what `snapshot take` prints: `Snapshot taken. UUID: ...`, in the language of the system. */
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

type Snapshots = { machine: CheckpointedMachine; id: string }[];

interface Found {
  machine: CheckpointedMachine;
  snapshots: Snapshot[];
}

/**
 * A checkpoint is a snapshot of the same name on each machine, memory included. No command that changes something is
 * cut off halfway by the signal: it is heeded between them, where all machines are in the same state.
 */
export class VirtualBoxCheckpoints implements Checkpoints {
  readonly #vboxManage: VBoxManage;
  readonly #clock: Clock;

  constructor(vboxManage: VBoxManage, clock: Clock = systemClock) {
    this.#vboxManage = vboxManage;
    this.#clock = clock;
  }

  /**
   * All machines stand still while their memory is written, so that the snapshots are of one moment. `take --live` lets
   * each run on to the end of its own writing, which differs by seconds where memories are large, and is hardly quicker
   * (three machines of 64 MB: 0.75 s; paused, saved and resumed 1.1 s).
   */
  async save(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const taken: Snapshots = [];
    const failure = await failureOf(this.#takePaused(machines, name, signal, taken));
    if (failure === undefined) return;
    // What cannot be removed either is listed as incomplete.
    await failureOf(
      onAll(taken, ({ machine, id }) =>
        this.#must(machine, ['snapshot', machine.id, 'delete', id], removing),
      ),
    );
    throw failure;
  }

  async restore(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void> {
    const chosen = (await this.#find(machines, signal)).map((found) => onlyOne(found, name));
    try {
      await this.#stop(machines);
      signal.throwIfAborted();
      await onAll(chosen, ({ machine, id }) =>
        this.#must(machine, ['snapshot', machine.id, 'restore', id], 'Restoring'),
      );
      signal.throwIfAborted();
      await onAll(machines, (machine) =>
        this.#must(machine, ['startvm', machine.id, '--type', 'headless'], 'Starting'),
      );
    } catch (error) {
      const stopped = await failureOf(this.#stop(machines));
      if (stopped === undefined) signal.throwIfAborted();
      throw incomplete(name, error, stopped);
    }
  }

  /** Each name after those of the snapshots that it was taken from. */
  async list(
    machines: readonly CheckpointedMachine[],
    signal: AbortSignal,
  ): Promise<{ name: string; machines: string[] }[]> {
    const found = await this.#find(machines, signal);
    const names = new Set(found.flatMap(({ snapshots }) => snapshots.map((snapshot) => snapshot.name)));
    return [...names].map((name) => ({
      name,
      machines: found
        .filter(({ snapshots }) => snapshots.some((snapshot) => snapshot.name === name))
        .map(({ machine }) => machine.name),
    }));
  }

  async delete(machines: readonly CheckpointedMachine[], name: string, signal: AbortSignal): Promise<void> {
    const found = await this.#find(machines, signal);
    for (const { machine, snapshots } of found) {
      if (snapshots.some((snapshot) => snapshot.name === name && snapshot.branches > 1))
        throw branched(machine, name);
    }
    await this.#delete(machines, (snapshot) => snapshot.name === name);
  }

  async #takePaused(
    machines: readonly CheckpointedMachine[],
    name: string,
    signal: AbortSignal,
    taken: Snapshots,
  ): Promise<void> {
    const take = async (): Promise<void> => {
      await onAll(machines, (machine) => this.#must(machine, ['controlvm', machine.id, 'pause'], 'Pausing'));
      signal.throwIfAborted();
      await onAll(machines, async (machine) => {
        const output = await this.#must(machine, ['snapshot', machine.id, 'take', name], 'Saving');
        const id = uuid.exec(output)?.[0];
        if (id !== undefined) taken.push({ machine, id });
      });
    };
    const failed = await failureOf(take());
    // Also those that are not known to have been paused: what failed may have been the answer.
    const resumed = await failureOf(
      onAll(machines, (machine) => this.#must(machine, ['controlvm', machine.id, 'resume'], 'Resuming')),
    );
    const failure = failed ?? resumed;
    if (failure !== undefined) throw failure;
    signal.throwIfAborted();
  }

  async #delete(
    machines: readonly CheckpointedMachine[],
    isToGo: (snapshot: Snapshot) => boolean,
  ): Promise<void> {
    const found = await this.#find(machines);
    await onAll(found, async ({ machine, snapshots }) => {
      for (const { id } of snapshots.filter(isToGo).reverse()) {
        await this.#must(machine, ['snapshot', machine.id, 'delete', id], removing);
      }
    });
  }

  #stop(machines: readonly CheckpointedMachine[]): Promise<unknown> {
    return onAll(machines, (machine) => cutPower(this.#vboxManage, machine, this.#clock));
  }

  #find(machines: readonly CheckpointedMachine[], signal?: AbortSignal): Promise<Found[]> {
    return onAll(machines, async (machine) => ({
      machine,
      snapshots: await listSnapshots(this.#vboxManage, machine, signal),
    }));
  }

  #must(machine: CheckpointedMachine, args: readonly string[], verb: string): Promise<string> {
    return this.#vboxManage.must(args, `${verb} ${machine.name}`, {
      machine: machine.name,
      timeoutMs: longMs,
    });
  }
}

/** Works on all at the same time and ends when all have ended, then throws the first failure. */
async function onAll<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const working = items.map(work);
  await Promise.allSettled(working);
  return Promise.all(working);
}

/** What it failed with, or undefined. */
async function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

function onlyOne({ machine, snapshots }: Found, name: string): { machine: CheckpointedMachine; id: string } {
  const [only, ...others] = snapshots.filter((snapshot) => snapshot.name === name);
  if (only !== undefined && others.length === 0) return { machine, id: only.id };
  const reason = only === undefined ? 'has no snapshot' : 'has several snapshots';
  throw new UsageError('LAB_CHECKPOINT_UNKNOWN', `${machine.name} ${reason} of the name ${name}.`, {
    machine: machine.name,
    hint: '`lab checkpoint list` shows what there is.',
  });
}

function branched(machine: CheckpointedMachine, name: string): CommandError {
  return new CommandError(
    'LAB_VIRTUALBOX_FAILED',
    `Checkpoint ${name} cannot be deleted while later ones hang on it: the machines went back to it and on from there, and VirtualBox deletes no snapshot at which two ways part.`,
    { machine: machine.name, hint: 'Delete those that were saved after it first.' },
  );
}

function incomplete(name: string, error: unknown, stopped: Error | undefined): CommandError {
  const details = error instanceof LabError ? error.details : {};
  const what = error instanceof Error ? error.message : String(error);
  const then =
    stopped === undefined
      ? 'All machines are stopped: half of a cluster must not run.'
      : `Not all machines could be stopped: ${stopped.message}`;
  return new CommandError(
    'LAB_CHECKPOINT_INCOMPLETE',
    `Checkpoint ${name} was not restored. ${what} ${then}`,
    {
      ...details,
      hint: `\`lab checkpoint restore ${name}\` again, or \`lab destroy\`.`,
      cause: error,
    },
  );
}
