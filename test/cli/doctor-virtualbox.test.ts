import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabCall, type LabRun, type LabSandbox } from '../support/lab-process.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
let sandbox: LabSandbox;
let path: string;
beforeAll(async () => {
  sandbox = await labSandbox();
  const bin = join(sandbox.dir, 'virtualbox');
  mkdirSync(bin);
  symlinkSync(join(fixtures, 'bin', 'VBoxManage'), join(bin, 'VBoxManage'));
  // The folder of the sandbox's own tools is made at the first call.
  await sandbox.run(['--version']);
  path = [bin, join(sandbox.dir, 'bin')].join(delimiter);
});
afterAll(() => sandbox.remove());

interface Answer {
  ready: boolean;
  findings: string[];
  problems: { code: string; severity: string; message: string; cause: string; fix: string; page: string }[];
}

const doctor = (args: readonly string[] = [], call: LabCall = {}): Promise<LabRun> =>
  sandbox.run(['doctor', '--provider', 'virtualbox', ...args], { ...call, env: { PATH: path, ...call.env } });

describe('lab doctor --provider virtualbox', () => {
  it('looks at VirtualBox, whatever the default is', async () => {
    const { stdout } = await doctor(['--json'], { env: { FAKE_VAGRANT: '2.4.9' } });
    const { findings, problems } = JSON.parse(stdout) as Answer;
    expect(findings).toContain('provider virtualbox: asked for');
    expect(findings.join()).toMatch(/VirtualBox 7\.2\.22/);
    expect(findings.join()).toMatch(/box flatcar-stable.*: will be fetched at the first up/);
    const codes = problems.map(({ code }) => code);
    expect(codes).toContain('LAB_LEFTOVERS');
    expect(codes).not.toContain('LAB_VIRTUALBOX_VERSION');
    expect(codes.filter((code) => code.includes('DOCKER'))).toEqual([]);
  });

  it('tells of what is in the way with code, cause, fix and page', async () => {
    mkdirSync(join(sandbox.dir, 'vagrant'));
    copyFileSync(
      join(fixtures, 'vagrant-home', 'plugins.json'),
      join(sandbox.dir, 'vagrant', 'plugins.json'),
    );
    const { exitCode, stdout, stderr } = await doctor([], { env: { FAKE_VAGRANT: '2.3.4' } });
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      /^error LAB_VIRTUALBOX_VERSION: VirtualBox is 7\.2\.22; Vagrant 2\.3\.4 drives VirtualBox up to 7\.0\.\n +usual cause: .*\n +fix: Install Vagrant 2\.4\.9 .*\n +see docs\/errors\/LAB_VIRTUALBOX_VERSION\.md$/m,
    );
    expect(stdout).toMatch(
      /^warn {2}LAB_VAGRANT_PLUGIN: .*vagrant-vbguest[^]*vagrant plugin uninstall vagrant-vbguest/m,
    );
    expect(stdout).toMatch(/^warn {2}LAB_LEFTOVERS: .*chapterlab-nat-core-01/m);
    expect(stderr).toMatch(/not ready for coreos: .*LAB_VIRTUALBOX_VERSION/);
  });

  it('says that VirtualBox is missing', async () => {
    const { exitCode, stdout } = await sandbox.run(['doctor', '--provider', 'virtualbox']);
    expect([exitCode, stdout]).toEqual([
      4,
      expect.stringContaining('error LAB_VIRTUALBOX_MISSING: ') as string,
    ]);
    expect(stdout).not.toMatch(/^ok {4}VirtualBox|^ok {4}no VirtualBox/m);
  });

  it('does not know other providers', async () => {
    const { exitCode, stderr } = await sandbox.run(['doctor', '--provider', 'virtualbux']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Did you mean virtualbox?') as string]);
  });
});
