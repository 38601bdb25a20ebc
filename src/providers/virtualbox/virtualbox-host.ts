import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';

/** What is asked of this computer itself, without VBoxManage. */
export interface VirtualBoxHost {
  platform: NodeJS.Platform;
  /** As Node.js says it: `x64`, `arm64`. */
  arch: string;
  /** The kernel's, e.g. `6.12.9-amd64`. */
  kernelRelease: string;
  /** Undefined where the file is not there or cannot be read. */
  readText(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
}

export function thisHost(): VirtualBoxHost {
  return {
    platform: process.platform,
    arch: process.arch,
    kernelRelease: release(),
    readText: (path) => readFile(path, 'utf8').catch(() => undefined),
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
  };
}
