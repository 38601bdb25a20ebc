import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchLab } from './bench-lab.ts';
import { emptyHostsFile, subnetPrefix } from './bench-lab.ts';
import { runTimed } from './timed-process.ts';

const script = fileURLToPath(new URL('by-hand.sh', import.meta.url));
const network = 'chapterlab-coreos';

/**
 * Seconds that by-hand.sh takes for the whole chapter. Vagrantfile, config.rb and key are there before, as if
 * somebody had written them long ago; making and removing them is not part of the time.
 */
export async function playByHand(lab: BenchLab, nodes: number): Promise<number> {
  const folder = join(lab.dir, 'by-hand');
  const project = join(folder, 'coreos');
  const options = { env: { ...lab.env, HOSTS_FILE: lab.hostsFile }, cwd: lab.dir };
  await mkdir(folder);
  await lab.run([
    ...['render', 'coreos', '--edition', 'swarm', '--nodes', String(nodes)],
    ...['--subnet', `${subnetPrefix}.0/24`, '--out', folder],
  ]);
  await makeKey(folder, join(project, 'config.rb'), lab.env);
  const cleanUp = async (): Promise<void> => {
    const env = { ...options.env, LAB_STOP_TIMEOUT: '0' };
    await runTimed('vagrant', ['destroy', '--force'], { env, cwd: project });
    await runTimed('docker', ['network', 'rm', network], options);
    await rm(folder, { recursive: true });
    await writeFile(lab.hostsFile, emptyHostsFile);
  };
  const args = [project, String(nodes), subnetPrefix, network];
  const played = runTimed(script, args, options);
  // What cannot be removed after a failure says less than the failure itself.
  await played.catch(() => cleanUp().catch(() => undefined));
  const { seconds } = await played;
  await cleanUp();
  return seconds;
}

/** The key that `lab render` leaves a gap for. */
async function makeKey(folder: string, configFile: string, env: NodeJS.ProcessEnv): Promise<void> {
  const key = join(folder, 'id_ed25519');
  await runTimed('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'by-hand', '-f', key], { env });
  const publicKey = (await readFile(`${key}.pub`, 'utf8')).trim();
  const config = await readFile(configFile, 'utf8');
  await writeFile(configFile, config.replace('ssh-ed25519 REPLACE-WITH-YOUR-PUBLIC-KEY', publicKey));
}
