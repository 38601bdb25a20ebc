import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../io/read-if-there.ts';

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
    for (const name of overwritten) {
      const path = join(projectDir, '.vagrant', 'machines', machine, provider, name);
      const text = await readIfThere(path);
      if (text !== undefined && !isJson(text)) await rm(path, { force: true });
    }
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
