import { join } from 'node:path';
import type { Problem } from '../model/errors.ts';

/** Plugins that change what every `vagrant up` does, whatever the Vagrantfile says, and what they do to a lab. */
const interfering: Readonly<Record<string, string>> = {
  'vagrant-vbguest':
    'it tries to build guest additions on every machine, which Flatcar cannot have, and `vagrant up` fails or waits for minutes',
  'vagrant-hostsupdater':
    'it writes to the hosts file as root at every `vagrant up`, beside what lab writes there',
};

/**
 * LAB_VAGRANT_PLUGIN for each plugin that is in the way, from Vagrant's own list `plugins.json` in its home (written by
 * lib/vagrant/plugin/state_file.rb). A list that cannot be read is Vagrant's to complain about.
 */
export async function pluginProblems(
  vagrantHome: string,
  readText: (path: string) => Promise<string | undefined>,
): Promise<Problem[]> {
  return installedPlugins((await readText(join(vagrantHome, 'plugins.json'))) ?? '')
    .filter((name) => Object.hasOwn(interfering, name))
    .map((name) => ({
      code: 'LAB_VAGRANT_PLUGIN',
      severity: 'warning',
      message: `Vagrant's plugin ${name} is installed: ${interfering[name] ?? ''}.`,
      fix: `\`vagrant plugin uninstall ${name}\`.`,
    }));
}

function installedPlugins(json: string): string[] {
  try {
    const list: unknown = JSON.parse(json);
    const installed = (list as { installed?: unknown } | null)?.installed;
    return typeof installed === 'object' && installed !== null ? Object.keys(installed) : [];
  } catch {
    return [];
  }
}
