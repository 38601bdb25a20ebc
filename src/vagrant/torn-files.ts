import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../io/read-if-there.ts';
import { systemErrorCode } from '../io/system-error.ts';

/**
 * JSON that Vagrant keeps of a machine and overwrites in place (2.3.4: lib/vagrant/vagrantfile.rb,
 * action/builtin/mixin_synced_folders.rb). One that was torn by a kill makes Ruby give up before anything is done.
 * Without them Vagrant goes by the Vagrantfile, and writes them anew.
 */
const overwritten = ['box_meta', 'synced_folders'];

/** Removes what a killed Vagrant left half written of these machines. Not while another one is at work on them. */
export async function removeTornFiles(
  projectDir: string,
  machines: readonly string[],
  provider: string,
): Promise<void> {
  for (const machine of machines) {
    const folder = join(projectDir, '.vagrant', 'machines', machine, provider);
    const present = (await filesIn(folder)).filter((name) => overwritten.includes(name));
    for (const name of present) {
      if (!isJson((await readIfThere(join(folder, name))) ?? '{}'))
        await rm(join(folder, name), { force: true });
    }
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
