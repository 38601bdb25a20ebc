import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  boxFirmware,
  brokenBoxFolders,
  handlesUserData,
  installedBoxes,
  vagrantHome,
} from '../../../src/vagrant/boxes.ts';

/** As VirtualBox 7.2 exports a machine with a BIOS. */
const tinylab = readFileSync(new URL('../../fixtures/boxes/tinylab.ovf', import.meta.url), 'utf8');
const disk = 'tiny-disk001.vmdk';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lab-boxes-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function store(path: string, files: Record<string, string | Buffer>): string {
  const folder = join(home, 'boxes', path);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const whole = { 'metadata.json': '{"provider":"virtualbox"}', 'box.ovf': tinylab, [disk]: Buffer.alloc(3e6) };

describe('vagrantHome', () => {
  it('is VAGRANT_HOME, or .vagrant.d in the home folder', () => {
    expect(vagrantHome({ VAGRANT_HOME: '/srv/vagrant' }, '/home/u')).toBe('/srv/vagrant');
    expect(vagrantHome({ VAGRANT_HOME: '' }, '/home/u')).toBe('/home/u/.vagrant.d');
  });
});

describe('installedBoxes', () => {
  it('reads what Vagrant 2.3 and 2.4 have stored, the newest first', async () => {
    store('flatcar-stable/4593.2.5/virtualbox', whole);
    store('flatcar-stable/4593.10.0/amd64/virtualbox', whole);
    store('bento-VAGRANTSLASH-ubuntu-24.04/202502.21.0/virtualbox', whole);
    store('bento-VAGRANTSLASH-ubuntu-24.04/202502.21.0/libvirt', { 'metadata.json': '{}' });
    store('tinylab/0/virtualbox', whole);
    writeFileSync(join(home, 'boxes/tinylab/metadata_url'), 'https://boxes.invalid/tinylab');
    const boxes = await installedBoxes(home);
    expect(
      boxes.map(({ name, version, provider, architecture, sizeMb }) =>
        [name, version, provider, architecture ?? '-', sizeMb].join(' '),
      ),
    ).toEqual([
      'bento/ubuntu-24.04 202502.21.0 libvirt - 0',
      'bento/ubuntu-24.04 202502.21.0 virtualbox - 3',
      'flatcar-stable 4593.10.0 virtualbox amd64 3',
      'flatcar-stable 4593.2.5 virtualbox - 3',
      'tinylab 0 virtualbox - 3',
    ]);
    expect(boxes.at(-1)?.folder).toBe(join(home, 'boxes/tinylab/0/virtualbox'));
  });

  it('has none where Vagrant has never run', async () => {
    expect(await installedBoxes(join(home, 'nothing'))).toEqual([]);
  });

  it('leaves out a box whose adding was broken off, and says where it is', async () => {
    const withoutDisk = { 'metadata.json': whole['metadata.json'], 'box.ovf': tinylab };
    const withoutMetadata = { 'box.ovf': tinylab, [disk]: whole[disk] };
    const broken = [
      store('tinylab/1.0.0/virtualbox', withoutDisk),
      store('tinylab/1.0.1/amd64/virtualbox', withoutMetadata),
      store('tinylab/1.0.2/virtualbox', {}),
    ];
    store('tinylab/1.0.3/virtualbox', whole);
    store('other/1.0.0/virtualbox', {});
    expect((await installedBoxes(home)).map((box) => box.version)).toEqual(['1.0.3']);
    expect((await brokenBoxFolders(home, 'tinylab')).sort()).toEqual(broken);
  });
});

describe('boxFirmware', () => {
  it('tells an old Flatcar from a new one by what VirtualBox reads', async () => {
    const old = store('old/1/virtualbox', whole);
    const efi = tinylab.replace('<BIOS>', '<Firmware type="EFI"/>\n        <BIOS>');
    expect(efi).not.toBe(tinylab);
    const recent = store('recent/1/virtualbox', { ...whole, 'box.ovf': efi });
    expect([await boxFirmware(old), await boxFirmware(recent)]).toEqual(['bios', 'efi']);
  });
});

describe('handlesUserData', () => {
  it('is what the Vagrantfile of the box does, not what it talks of', async () => {
    // The shape of Flatcar's since 4722.
    const recent = `Vagrant.configure("2") do |config|
  config.ssh.username = "core"
  if File.exist?("user-data")
    config.vm.provision :file, source: "user-data", destination: "/tmp/somewhere"
  end
end
`;
    const old = `# Give it a "user-data" yourself.\nVagrant.configure("2") { |config| config.ssh.username = "core" }\n`;
    const folders = [
      store('recent/1/virtualbox', { Vagrantfile: recent }),
      store('old/1/virtualbox', { Vagrantfile: old }),
      store('bare/1/virtualbox', {}),
    ];
    expect(await Promise.all(folders.map(handlesUserData))).toEqual([true, false, false]);
  });
});
