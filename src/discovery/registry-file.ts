import { readFile } from 'node:fs/promises';
import { writeFileAtomically } from '../io/files.ts';
import { EnvironmentError } from '../model/errors.ts';
import { defaultRegistryLimits, Registry } from './registry.ts';
import type { RegistryLimits } from './registry.ts';
import type { RegistryStore } from './registry-store.ts';

/** The registry as it is on disk. */
interface Saved {
  index: number;
  text: string;
}

/**
 * Keeps a registry in a JSON file (mode 0600), so that a later run goes on with the same tokens after a kill -9.
 * One write is in flight at a time; changes that come meanwhile go together into the next one. Only the process that
 * holds the lab's lock may open the file.
 */
export class RegistryFile implements RegistryStore {
  readonly #path: string;
  readonly #limits: RegistryLimits;
  #registry: Registry;
  #saved: Saved;
  #writing: Promise<void> | undefined;

  private constructor(path: string, registry: Registry, limits: RegistryLimits) {
    this.#path = path;
    this.#limits = limits;
    this.#registry = registry;
    this.#saved = { index: registry.index, text: JSON.stringify(registry.snapshot()) };
  }

  /** Opens the file; where there is none the registry is empty. LAB_STATE_INVALID where it cannot be understood. */
  static async open(path: string, limits: RegistryLimits = defaultRegistryLimits): Promise<RegistryFile> {
    return new RegistryFile(path, await load(path, limits), limits);
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** Rejects with LAB_STATE_UNWRITABLE where the file cannot be written. */
  async settled(): Promise<void> {
    const awaited = this.#registry.index;
    while (this.#saved.index < awaited) {
      this.#writing ??= this.#write();
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    const saving = { index: this.#registry.index, text: JSON.stringify(this.#registry.snapshot()) };
    try {
      await writeFileAtomically(this.#path, saving.text, { mode: 0o600 });
      this.#saved = saving;
    } catch (cause) {
      // What was not written was never answered: nobody may see it, so it must not stay in memory either.
      this.#registry = Registry.restore(JSON.parse(this.#saved.text), this.#limits);
      throw new EnvironmentError(
        'LAB_STATE_UNWRITABLE',
        `The discovery registry cannot be written: ${this.#path}: ${(cause as Error).message}`,
        { hint: 'Free space, or set LAB_HOME to another folder.', cause },
      );
    } finally {
      this.#writing = undefined;
    }
  }
}

async function load(path: string, limits: RegistryLimits): Promise<Registry> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Registry(limits);
    throw invalid(path, error);
  }
  try {
    return Registry.restore(JSON.parse(text), limits);
  } catch (error) {
    throw invalid(path, error);
  }
}

function invalid(path: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    'LAB_STATE_INVALID',
    `The discovery registry cannot be read: ${path}: ${(cause as Error).message}`,
    {
      hint: `Remove the file to start with an empty registry; clusters that are forming then need a new token.`,
      cause,
    },
  );
}
