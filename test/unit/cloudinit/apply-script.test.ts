import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderApplyScript } from '../../../src/cloudinit/apply-script.ts';
import type { CloudConfig } from '../../../src/cloudinit/cloud-config.ts';
import { parseCloudConfig } from '../../../src/cloudinit/parse-cloud-config.ts';

// Real processes on a machine that may be busy; a fraction of this is needed.
vi.setConfig({ testTimeout: 60_000 });

const addresses = { publicIpv4: '172.17.8.102', privateIpv4: '172.17.8.102' };
const fixtures = fileURLToPath(new URL('../../fixtures/cloudinit/', import.meta.url));

/** The real sh runs the script below a folder of its own; systemctl and the like are stand-ins that record their calls. */
class FakeNode {
  readonly #folder = mkdtempSync(join(tmpdir(), 'apply-'));
  readonly root = join(this.#folder, "root of 'node'");

  run(config: CloudConfig): { status: number | null; stdout: string; stderr: string; calls: string[] } {
    rmSync(join(this.#folder, 'calls'), { force: true });
    const script = renderApplyScript(config, addresses, { root: this.root, unitTimeoutSeconds: 5 });
    const { status, stdout, stderr } = spawnSync('sh', ['-'], {
      input: script,
      encoding: 'utf8',
      env: { PATH: `${fixtures}bin:${process.env['PATH']}`, FAKE: this.#folder },
    });
    const calls = this.#has('calls')
      ? readFileSync(join(this.#folder, 'calls'), 'utf8').trimEnd().split('\n')
      : [];
    return {
      status,
      stdout,
      stderr,
      calls: calls.filter((call) => !/ (show|is-failed|is-enabled) /.test(call)),
    };
  }

  /** What the stand-ins are told: units that are `failing`, `missing`, `enabled`. */
  tell(what: 'failing' | 'missing', units: readonly string[]): void {
    writeFileSync(join(this.#folder, what), units.map((unit) => `${unit}\n`).join(''));
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** As after a boot: /run is empty. */
  reboot(): void {
    rmSync(join(this.root, 'run'), { recursive: true });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #has(name: string): boolean {
    return existsSync(join(this.#folder, name));
  }
}

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => {
  node.remove();
});

const etcdStart: CloudConfig = {
  coreos: { etcd2: { discovery: 'http://d/1' }, units: [{ name: 'etcd.service', command: 'start' }] },
};

describe('settings of services', () => {
  it('become the very drop-ins that coreos-cloudinit wrote on a real machine', () => {
    const chapter = readFileSync(`${fixtures}chapter-units.yml`, 'utf8').replace(/\b(peer|public)-/g, '$1_');
    const { status, calls } = node.run(parseCloudConfig('user-data', chapter));
    expect(status).toBe(0);
    const transcript = readFileSync(`${fixtures}c-apply-chapter.txt`, 'utf8');
    for (const unit of ['etcd', 'fleet']) {
      const path = `/run/systemd/system/${unit}.service.d/20-cloudinit.conf`;
      const [, expected] =
        new RegExp(`== ${path}\n(\\[Service\\]\n(?:Environment=.*\n)+)`).exec(transcript) ?? [];
      expect(node.read(path)).toBe(expected);
    }
    expect(node.read('/etc/environment')).toBe(
      'COREOS_PRIVATE_IPV4=172.17.8.102\nCOREOS_PUBLIC_IPV4=172.17.8.102\n',
    );
    expect(calls).toEqual([
      'systemctl daemon-reload',
      'systemctl restart etcd.service',
      'systemctl restart fleet.service',
    ]);
  });

  it('are complained of when the unit does not exist', () => {
    node.tell('missing', ['etcd2.service']);
    const { status, stderr } = node.run(etcdStart);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'etcd2.service: the user-data has settings for this unit, and this node has no such unit.',
    );
  });

  it('need their addresses', () => {
    const config: CloudConfig = { coreos: { fleet: { public_ip: '$public_ipv6' } } };
    expect(() => renderApplyScript(config, addresses)).toThrow(
      'uses $public_ipv6, and the node has no such address',
    );
    const escaped: CloudConfig = { coreos: { fleet: { metadata: 'a=\\$public_ipv6,b=$private_ipv4:1' } } };
    node.run(escaped);
    expect(node.read('/run/systemd/system/fleet.service.d/20-cloudinit.conf')).toContain(
      'Environment="FLEET_METADATA=a=$public_ipv6,b=172.17.8.102:1"',
    );
  });
});

describe('a unit', () => {
  it('is started again only when its files have changed, under whichever of its names', () => {
    expect(node.run(etcdStart).calls).toEqual(['systemctl daemon-reload', 'systemctl restart etcd.service']);
    const second = node.run(etcdStart);
    expect(second).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
      calls: ['systemctl start etcd.service'],
    });
    const changed = node.run({ coreos: { ...etcdStart.coreos, etcd2: { discovery: 'http://d/2' } } });
    expect(changed.calls).toContain('systemctl restart etcd.service');
    node.reboot();
    expect(node.run(etcdStart).calls).toContain('systemctl restart etcd.service');
  });

  it('that failed to take up its files is restarted by the next run', () => {
    node.tell('failing', ['etcd.service']);
    expect(node.run(etcdStart).status).toBe(1);
    node.tell('failing', []);
    expect(node.run(etcdStart)).toMatchObject({ status: 0, calls: ['systemctl restart etcd.service'] });
  });

  it('that fails is named with its last lines, after the others were tried', () => {
    node.tell('failing', ['etcd.service']);
    const units = ['etcd.service', 'docker.service'].map((name) => ({ name, command: 'start' as const }));
    const { status, stderr, calls } = node.run({ coreos: { units } });
    expect(status).toBe(1);
    expect(calls).toEqual(['systemctl start etcd.service', 'systemctl start docker.service']);
    expect(stderr).toBe(
      'etcd.service: start failed (exit status 1). Its last lines:\n' +
        'journal: --no-pager --quiet --output=short-iso --lines=15 --unit=etcd.service\n' +
        'The user-data has been applied, but these units failed: etcd.service\n',
    );
  });

  it('is written, extended, masked, enabled and told what to do, in this order', () => {
    const config: CloudConfig = {
      coreos: {
        units: [
          { name: 'a.service', command: 'stop' },
          { name: 'b.timer', content: '[Timer]\nOnBootSec=1h\n', enable: true, command: 'start' },
          { name: 'c.service', runtime: true, content: '[Unit]\n', enable: true, command: 'try-restart' },
          { name: 'd.service', mask: true },
          { name: 'e.service', drop_ins: [{ name: '10-x.conf', content: '[Service]\nNice=1\n' }] },
        ],
      },
    };
    node.write('/etc/systemd/system/d.service', '[Unit]\n');
    const first = node.run(config);
    expect(first.stderr).toBe('');
    expect(first.calls).toEqual([
      'systemctl enable --force b.timer',
      'systemctl enable --force --runtime c.service',
      'systemctl daemon-reload',
      'systemctl stop a.service',
      'systemctl restart b.timer',
      'systemctl try-restart c.service',
    ]);
    expect(node.read('/etc/systemd/system/b.timer')).toBe('[Timer]\nOnBootSec=1h\n');
    expect(node.read('/run/systemd/system/c.service')).toBe('[Unit]\n');
    expect(readlinkSync(join(node.root, '/etc/systemd/system/d.service'))).toBe('/dev/null');
    expect(node.read('/etc/systemd/system/e.service.d/10-x.conf')).toBe('[Service]\nNice=1\n');
    expect(node.run(config).calls).toEqual([
      'systemctl stop a.service',
      'systemctl start b.timer',
      'systemctl try-restart c.service',
    ]);
  });
});

describe('files', () => {
  it('come out byte for byte, whatever their paths and contents', () => {
    const names = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((name) => name.replace(/[/\0]/g, '_'));
    const contents = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'END\n', "'\n", '$(id) `id` ${x}\n', '\r\n\r\n', 'no newline at the end'),
    );
    const samples = fc.sample(fc.tuple(names, contents), { numRuns: 50, seed: 20261121 });
    const files = samples.map(([name, content], index) => ({ path: `/d '$x"/${index}${name}x`, content }));
    const { status, stderr } = node.run({ write_files: files });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const { path, content } of files) expect(node.read(path)).toBe(content);
    expect(readdirSync(join(node.root, `/d '$x"`))).toHaveLength(files.length);
  });

  it('have their mode, owner and encoding, and are left alone when they are right', () => {
    const write_files = [
      {
        path: '/a',
        content: gzipSync('packed').toString('base64'),
        encoding: 'gzip+base64',
        permissions: '0640',
      },
      { path: '/b', content: 'b', owner: 'nobody' },
    ];
    expect(node.run({ write_files }).stdout).toContain('wrote /a\nwrote /b\n');
    expect(node.read('/a')).toBe('packed');
    expect(statSync(join(node.root, 'a')).mode & 0o7777).toBe(0o640);
    expect(statSync(join(node.root, 'b')).mode & 0o7777).toBe(0o644);
    expect(node.run({ write_files }).stdout).toBe('');
  });

  it('that others write to keep the lines of others', () => {
    node.write('/etc/environment', 'PATH=/bin\nCOREOS_PUBLIC_IPV4=old\n');
    node.write('/etc/hosts', '127.0.0.1 localhost');
    const config: CloudConfig = {
      hostname: 'core-07.example.org',
      manage_etc_hosts: 'localhost',
      coreos: {
        update: { reboot_strategy: 'off' },
        flannel: { interface: 'eth1' },
        oem: { id: 'lab', name: 'A "lab"' },
      },
    };
    expect(node.run(config)).toMatchObject({ status: 0, stderr: '', calls: ['hostname core-07'] });
    expect(node.read('/etc/environment')).toBe(
      'PATH=/bin\nCOREOS_PRIVATE_IPV4=172.17.8.102\nCOREOS_PUBLIC_IPV4=172.17.8.102\n',
    );
    expect(node.read('/etc/hostname')).toBe('core-07\n');
    expect(node.read('/etc/hosts')).toBe(
      '127.0.0.1 localhost\n127.0.0.1 core-07 # chapterlab: manage_etc_hosts\n',
    );
    expect(node.read('/etc/coreos/update.conf')).toBe('REBOOT_STRATEGY=off\n');
    expect(node.read('/run/flannel/options.env')).toBe('FLANNELD_IFACE=eth1\n');
    expect(node.read('/etc/oem-release')).toContain('NAME="A \\"lab\\""\n');
    expect(node.run(config)).toMatchObject({ status: 0, stdout: '', calls: [] });
  });
});

describe('ssh keys', () => {
  it('of the user-data come and go; those of others stay', () => {
    const keys = '/home/core/.ssh/authorized_keys';
    const [one, two, other] = [
      'ssh-ed25519 AAAAone "a" $b',
      'ssh-ed25519 AAAAtwo',
      'ssh-rsa OTHER vagrant',
    ] as const;
    node.write(keys, `${other}\n${two}\n`);
    expect(node.run({ ssh_authorized_keys: [one, two] }).status).toBe(0);
    expect(node.read(keys)).toBe(`${other}\n${two}\n${one}\n`);
    expect(statSync(join(node.root, keys)).mode & 0o7777).toBe(0o600);
    expect(node.run({ ssh_authorized_keys: [one, two] }).stdout).toBe('');
    // Key two was there before us.
    expect(node.run({}).status).toBe(0);
    expect(node.read(keys)).toBe(`${other}\n${two}\n`);
  });
});

describe('what cannot be done on a node', () => {
  it('is refused, all at once, before anything is done', () => {
    const config: CloudConfig = { users: [{ name: 'x' }], coreos: { units: [{ name: '10-eth1.network' }] } };
    expect(() => renderApplyScript(config, addresses)).toThrow(
      /"users" cannot be applied.*\n10-eth1\.network cannot/,
    );
  });
});
