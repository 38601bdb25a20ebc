import type { Registry } from './registry.ts';

/** Where the discovery service keeps its registry. */
export interface RegistryStore {
  /** The registry as it is now. Read it anew after every await: a failed write puts an older one back. */
  readonly registry: Registry;
  /**
   * Resolves when every change made until now is safe. Rejects when it is not; the registry is then again
   * what it was after the last change that is.
   */
  settled(): Promise<void>;
}

/** A store that forgets everything with the process. */
export function memoryStore(registry: Registry): RegistryStore {
  return { registry, settled: () => Promise.resolve() };
}
