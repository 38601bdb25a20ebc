import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderApplyScript } from '../cloudinit/apply-script.ts';
import { renderFlatcarScript } from '../cloudinit/flatcar-script.ts';
import { parseCloudConfig } from '../cloudinit/parse-cloud-config.ts';
import type { Machine } from '../model/machine.ts';

export interface ApplyOptions {
  /** What the machine runs: our node image, whose script does all itself, or Flatcar, which has coreos-cloudinit. */
  system: 'node-image' | 'flatcar';
  /** Number of the cluster's bootstrap. */
  generation: number;
  /** How long the script may take. */
  timeoutMs: number;
}

/** The script must end before its connection is given up: its own reason is the better one. */
const reserveSeconds = 30;

/** The project's user-data as it is on disk, checked, and the script that applies it on one machine. */
export async function renderUserData(
  machine: Machine,
  projectDir: string,
  { system, generation, timeoutMs }: ApplyOptions,
): Promise<{ userData: string; script: string }> {
  const file = join(projectDir, 'user-data');
  const userData = await readFile(file, 'utf8');
  const config = parseCloudConfig(file, userData);
  const { address } = machine;
  const script =
    system === 'flatcar'
      ? renderFlatcarScript(
          config,
          { address, generation },
          { timeoutSeconds: Math.max(1, Math.floor(timeoutMs / 1000) - reserveSeconds) },
        )
      : renderApplyScript(config, { publicIpv4: address, privateIpv4: address });
  return { userData, script };
}
