import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../io/system-error.ts';

/**
 * The provider's id of a machine, from Vagrant's own state (`.vagrant/machines/NAME/PROVIDER/id`), without starting
 * Ruby. Undefined where Vagrant has made no such machine. While Vagrant's docker provider makes one, the file holds
 * the word `preparing` (plugins/providers/docker/action/init_state.rb), which stays there when Vagrant is killed.
 */
export async function readMachineId(
  projectDir: string,
  machine: string,
  provider: string,
): Promise<string | undefined> {
  return readMachineFile(projectDir, machine, provider, 'id');
}

/** The id that our Vagrantfile noted when Vagrant had finished making or starting the machine, provisioners included. */
export async function readMadeId(
  projectDir: string,
  machine: string,
  provider: string,
): Promise<string | undefined> {
  return readMachineFile(projectDir, machine, provider, 'lab_made');
}

async function readMachineFile(
  projectDir: string,
  machine: string,
  provider: string,
  file: string,
): Promise<string | undefined> {
  try {
    const text = await readFile(join(projectDir, '.vagrant', 'machines', machine, provider, file), 'utf8');
    return text.trim() === '' ? undefined : text.trim();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
