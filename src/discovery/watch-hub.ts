import { tryAgain } from './keys-error.ts';

/**
 * Why a watch woke up: its token changed; nothing happened for the idle time; the service wants the client to read
 * everything again; or the client has gone.
 */
export type WatchWake = 'changed' | 'idle' | 'broken' | 'gone';

export interface WatchLimits {
  watches: number;
  watchesPerToken: number;
}

/** One waiting request. A wake that comes between two calls of `next` is kept; after one that ends the watch it stays. */
export class Watch {
  #pending: WatchWake | undefined;
  #resolve: ((wake: WatchWake) => void) | undefined;

  wake(reason: WatchWake): void {
    if (this.#pending === undefined || this.#pending === 'changed') this.#pending = reason;
    this.#resolve?.(this.#take());
    this.#resolve = undefined;
  }

  next(): Promise<WatchWake> {
    if (this.#pending !== undefined) return Promise.resolve(this.#take());
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  #take(): WatchWake {
    const wake = this.#pending ?? 'changed';
    if (wake === 'changed') this.#pending = undefined;
    return wake;
  }
}

/** All requests that wait, by token. */
export class WatchHub {
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #limits: WatchLimits;
  #count = 0;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** Number of requests that wait now. */
  get count(): number {
    return this.#count;
  }

  /** Throws a `KeysError` that makes a member try again later when too many wait already. Give it back with `close`. */
  open(token: string): Watch {
    const ofToken = this.#watches.get(token) ?? new Set();
    if (this.#count >= this.#limits.watches || ofToken.size >= this.#limits.watchesPerToken) {
      throw tryAgain('too many watches');
    }
    const watch = new Watch();
    this.#watches.set(token, ofToken.add(watch));
    this.#count++;
    return watch;
  }

  close(token: string, watch: Watch): void {
    const ofToken = this.#watches.get(token);
    if (ofToken?.delete(watch) !== true) return;
    this.#count--;
    if (ofToken.size === 0) this.#watches.delete(token);
  }

  changed(token: string): void {
    for (const watch of this.#watches.get(token) ?? []) watch.wake('changed');
  }

  breakAll(): void {
    for (const ofToken of this.#watches.values()) for (const watch of ofToken) watch.wake('broken');
  }
}
