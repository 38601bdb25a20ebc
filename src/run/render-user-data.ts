import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderApplyScript } from '../cloudinit/apply-script.ts';
import { parseCloudConfig } from '../cloudinit/parse-cloud-config.ts';
import type { Machine } from '../model/machine.ts';

/** The project's user-data as it is on disk, checked, and the script that applies it on one machine. */
export async function renderUserData(
  machine: Machine,
  projectDir: string,
): Promise<{ userData: string; script: string }> {
  const file = join(projectDir, 'user-data');
  const userData = await readFile(file, 'utf8');
  const addresses = { publicIpv4: machine.address, privateIpv4: machine.address };
  return { userData, script: renderApplyScript(parseCloudConfig(file, userData), addresses) };
}
