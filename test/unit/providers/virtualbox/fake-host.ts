import type { VirtualBoxHost } from '../../../../src/providers/virtualbox/virtualbox-host.ts';

interface FakeHost {
  platform?: NodeJS.Platform;
  arch?: string;
  kernelRelease?: string;
  /** Text by path; all of them exist. */
  files?: Readonly<Record<string, string>>;
}

/** A computer that has these files and no others. */
export function fakeHost({
  platform = 'linux',
  arch = 'x64',
  kernelRelease = '6.1.0-28-amd64',
  files = {},
}: FakeHost): VirtualBoxHost {
  return {
    platform,
    arch,
    kernelRelease,
    readText: (path) => Promise.resolve(files[path]),
    exists: (path) => Promise.resolve(Object.hasOwn(files, path)),
  };
}

/** Files of a computer on which VirtualBox's kernel modules are loaded. */
export const loadedModules = { '/dev/vboxdrv': '', '/dev/vboxnetctl': '' };
