import type { LabState } from '../model/lab-state.ts';

/**
 * The state of a lab during a run. Changes are applied to the newest state, one after the other, and are on disk
 * before `update` resolves; tasks that run at the same time cannot overwrite each other's.
 */
export class StateKeeper {
  #state: LabState;
  #last: Promise<void> = Promise.resolve();
  readonly #save: (state: LabState) => Promise<void>;

  /** Nothing is written before the first update. */
  constructor(initial: LabState, save: (state: LabState) => Promise<void>) {
    this.#state = initial;
    this.#save = save;
  }

  get current(): LabState {
    return this.#state;
  }

  update(change: (state: LabState) => LabState): Promise<void> {
    const write = async (): Promise<void> => {
      const next = change(this.#state);
      await this.#save(next);
      this.#state = next;
    };
    const done = this.#last.then(write);
    // A failed write is its caller's; the next one starts from what is on disk.
    this.#last = done.catch(() => undefined);
    return done;
  }
}
