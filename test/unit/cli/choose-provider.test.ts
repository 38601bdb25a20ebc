import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseProvider } from '../../../src/cli/choose-provider.ts';
import { createTools } from '../../../src/cli/tools.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-path-'));
  vi.stubEnv('PATH', dir);
  vi.stubEnv('VAGRANT_DEFAULT_PROVIDER', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

function chosen(asked: string, recorded?: string): { name: string; reason: string } {
  const { provider, reason } = chooseProvider(asked, recorded, createTools());
  return { name: provider.name, reason };
}

describe('chooseProvider', () => {
  it('takes Docker where there is no VirtualBox, and says so', () => {
    const reason = 'provider docker: there is no VBoxManage on PATH';
    expect(chosen('auto')).toEqual({ name: 'docker', reason });
  });

  it.runIf(process.arch === 'x64')("takes the book's provider where it is installed", async () => {
    await writeFile(join(dir, 'VBoxManage'), '');
    expect(chosen('auto').name).toBe('virtualbox');
    expect(chosen('docker').name).toBe('docker');
  });

  it('heeds VAGRANT_DEFAULT_PROVIDER, as Vagrant does, where it names one of ours', () => {
    vi.stubEnv('VAGRANT_DEFAULT_PROVIDER', 'virtualbox');
    expect(chosen('auto')).toEqual({
      name: 'virtualbox',
      reason: 'provider virtualbox: VAGRANT_DEFAULT_PROVIDER',
    });
    vi.stubEnv('VAGRANT_DEFAULT_PROVIDER', 'libvirt');
    expect(chosen('auto').name).toBe('docker');
  });

  it('stays with the provider that the lab was made with', () => {
    expect(chosen('auto', 'virtualbox')).toEqual({
      name: 'virtualbox',
      reason: 'provider virtualbox: the lab has it already',
    });
    expect(() => chosen('docker', 'virtualbox')).toThrow(
      expect.objectContaining({ code: 'LAB_PROVIDER_UNSUPPORTED' }),
    );
  });

  it('knows no other provider, and none by a name that every object has', () => {
    for (const name of ['vmware', 'constructor', 'virtualbocks']) {
      expect(() => chosen(name)).toThrow(expect.objectContaining({ code: 'LAB_PROVIDER_UNSUPPORTED' }));
    }
  });
});
