import { join } from 'node:path';
import { SharedJournal } from '../host/shared-journal.ts';
import { isOnPath } from '../io/on-path.ts';
import { UsageError } from '../model/errors.ts';
import { didYouMean } from '../load/did-you-mean.ts';
import { DockerProvider } from '../providers/docker/docker-provider.ts';
import type { ProviderName } from '../model/scenario.ts';
import type { Provider } from '../providers/provider.ts';
import { VirtualBoxProvider } from '../providers/virtualbox/virtualbox-provider.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import { mirroredFile } from './mirrored-file.ts';
import { packageFolders } from './package-folders.ts';
import type { Tools } from './tools.ts';

/** The providers of this release by Vagrant's name. */
const providers: Record<ProviderName, (tools: Tools) => Provider> = {
  virtualbox: ({ exec }) => new VirtualBoxProvider({ exec, vagrantHome: ownVagrantHome() }),
  docker: (tools) =>
    new DockerProvider({
      exec: tools.exec,
      cacheDir: tools.cache,
      mirrored: mirroredFile(tools),
      record: new SharedJournal(tools.home, tools.clock).record,
      imageDir: join(packageFolders.vagrantDir, 'node-image'),
      env: process.env,
    }),
};

/** The provider asked for, or the one that the lab was made with, or the default; and why. Throws LAB_PROVIDER_UNSUPPORTED. */
export function chooseProvider(
  asked: string,
  recorded: string | undefined,
  tools: Tools,
): { provider: Provider; reason: string } {
  const known = Object.keys(providers);
  if (asked !== 'auto' && recorded !== undefined && asked !== recorded) {
    throw new UsageError('LAB_PROVIDER_UNSUPPORTED', `The lab was made with the provider ${recorded}.`, {
      hint: 'To change it: `lab destroy`, then `lab up --provider ...`.',
    });
  }
  const choice =
    asked === 'auto' ? choose(recorded) : { name: asked, reason: `provider ${asked}: asked for` };
  const { name, reason } = choice;
  if (!isKnown(name)) {
    const suggestion = didYouMean(name, known);
    throw new UsageError(
      'LAB_PROVIDER_UNSUPPORTED',
      `This release of lab cannot drive the provider "${name}".`,
      {
        hint: suggestion === undefined ? `It can drive: ${known.join(', ')}.` : `Did you mean ${suggestion}?`,
      },
    );
  }
  return { provider: providers[name](tools), reason };
}

function isKnown(name: string): name is ProviderName {
  return Object.hasOwn(providers, name);
}

/** The book's own provider where it is installed and can run the book's machines, else the one that runs everywhere. */
function choose(recorded: string | undefined): { name: string; reason: string } {
  if (recorded !== undefined)
    return { name: recorded, reason: `provider ${recorded}: the lab has it already` };
  const preferred = process.env['VAGRANT_DEFAULT_PROVIDER'];
  if (preferred !== undefined && isKnown(preferred)) {
    return { name: preferred, reason: `provider ${preferred}: VAGRANT_DEFAULT_PROVIDER` };
  }
  if (!isOnPath('VBoxManage', process.env)) {
    return { name: 'docker', reason: 'provider docker: there is no VBoxManage on PATH' };
  }
  if (process.arch === 'arm64') {
    return { name: 'docker', reason: 'provider docker: VirtualBox runs no x86-64 boxes on this processor' };
  }
  return { name: 'virtualbox', reason: "provider virtualbox: the book's, and it is installed" };
}
