import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderFlatcarScript } from '../../../src/cloudinit/flatcar-script.ts';
import { parseCloudConfig } from '../../../src/cloudinit/parse-cloud-config.ts';
import { renderTemplate } from '../../../src/provision/render.ts';

// Real processes on a machine that may be busy; a fraction of this is needed.
vi.setConfig({ testTimeout: 60_000 });

const file = 'cloud-config/coreos/user-data-flatcar.hbs';
const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const bin = fileURLToPath(new URL('../../fixtures/flatcar/bin', import.meta.url));
const cloudinit = 'user-cloudinit@var-lib-flatcar\\x2dvagrant-vagrantfile\\x2duser\\x2ddata.service';
const placed = '/var/lib/flatcar-vagrant/vagrantfile-user-data';
const etcdDropIn = '/etc/systemd/system/etcd-member.service.d/20-chapterlab.conf';

function userDataOf(generation: number): string {
  const values = {
    edition: 'fleet',
    generation,
    discoveryUrl: `http://10.0.2.2:4002/${String(generation).repeat(32)}`,
    authorizedKey: 'ssh-ed25519 AAAA lab',
  };
  return renderTemplate({ file, source, values });
}

interface ScriptRun {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Calls that change something. */
  changes: string[];
}

/** A node below a folder of its own, as Vagrant leaves it at the end of its first `up`. */
class FakeNode {
  readonly #folder = mkdtempSync(join(tmpdir(), 'flatcar-'));
  readonly root = join(this.#folder, 'root');

  constructor() {
    this.write('/etc/environment', 'COREOS_PUBLIC_IPV4=127.0.0.1\nCOREOS_PRIVATE_IPV4=172.17.8.102\n');
    this.write(placed, userDataOf(1));
  }

  run({ generation = 1, shell = 'sh', timeoutSeconds = 20 } = {}): ScriptRun {
    const text = userDataOf(generation);
    this.write('/var/lib/chapterlab/user-data', text);
    const node = { address: '172.17.8.102', generation };
    const script = renderFlatcarScript(parseCloudConfig('user-data', text), node, {
      root: this.root,
      timeoutSeconds,
    });
    rmSync(join(this.#folder, 'calls'), { force: true });
    const { status, stdout, stderr } = spawnSync(shell, ['-'], {
      input: script,
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env['PATH']}`, FAKE: this.#folder },
    });
    const calls = readFileSync(join(this.#folder, 'calls'), 'utf8').trimEnd().split('\n');
    return { status, stdout, stderr, changes: calls.filter((call) => / (stop|restart) /.test(call)) };
  }

  /** What the stand-ins are told; see systemctl. */
  tell(name: string, content = ''): void {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  untell(name: string): void {
    rmSync(join(this.#folder, name));
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => {
  node.remove();
});

const restart = `systemctl restart ${cloudinit}`;
/** Nothing of an earlier cluster may go on while a new one begins; Docker is not the cluster's. */
const stops = ['fleet.service', 'fleet.socket', 'etcd-member.service'].map(
  (name) => `systemctl stop ${name}`,
);

describe.each(['sh', 'bash'])('the script for a Flatcar node, run by %s', (shell) => {
  it('lets the cluster begin and has coreos-cloudinit apply the user-data again, now that all is there', () => {
    const { status, stderr, changes } = node.run({ shell });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(changes).toEqual([...stops, restart]);
    expect(node.has('/var/lib/chapterlab/generation-1')).toBe(true);
    expect(node.read(etcdDropIn)).toContain('ETCD_ADVERTISE_CLIENT_URLS=http://172.17.8.102:2379');
  });

  it('does nothing where this very user-data is applied and its units run', () => {
    node.run({ shell });
    const { ino } = statSync(join(node.root, placed));
    expect(node.run({ shell })).toEqual({ status: 0, stdout: '', stderr: '', changes: [] });
    expect(statSync(join(node.root, placed)).ino).toBe(ino);
    node.tell('states/fleet.service', 'failed\n');
    expect(node.run({ shell }).changes).toEqual([restart]);
  });

  it('waits for etcd, which starts when the others are there, too', () => {
    node.tell('states/etcd-member.service', 'activating\nactivating\nactive\n');
    // It has begun already: this generation's gate is open.
    node.write('/var/lib/chapterlab/generation-1', '');
    expect(node.run({ shell })).toMatchObject({ status: 0, changes: [restart] });
  });
});

describe('the script for a Flatcar node', () => {
  it('places the user-data where Vagrant did not, or another', () => {
    for (const content of [undefined, 'something else']) {
      if (content === undefined) rmSync(join(node.root, placed));
      else node.write(placed, content);
      expect(node.run().status).toBe(0);
      expect(node.read(placed)).toBe(userDataOf(1));
    }
  });

  it('stops what is left of the generation before and begins the new one', () => {
    node.run();
    expect(node.run({ generation: 2 })).toMatchObject({ status: 0, changes: [...stops, restart] });
    expect([1, 2].map((number) => node.has(`/var/lib/chapterlab/generation-${number}`))).toEqual([
      false,
      true,
    ]);
    expect(node.read(etcdDropIn)).toContain('ETCD_DATA_DIR=/var/lib/etcd/generation-2');
  });

  it("puts the machine's address in place of the 127.0.0.1 of a boot that was too slow", () => {
    const slow = 'COREOS_PUBLIC_IPV4=127.0.0.1\nCOREOS_PRIVATE_IPV4=127.0.0.1\n';
    node.write('/etc/environment', slow);
    expect(node.run().status).toBe(0);
    expect(node.read(etcdDropIn)).toContain('http://172.17.8.102:2380');
    expect(node.read('/etc/environment')).toBe(
      slow.replace('PRIVATE_IPV4=127.0.0.1', 'PRIVATE_IPV4=172.17.8.102'),
    );
  });

  it('finds a wrong address all the same, and makes it good when it is run again', () => {
    node.tell('address', '127.0.0.1');
    const { status, stderr } = node.run();
    expect(status).toBe(1);
    expect(stderr).toContain(`${etcdDropIn} does not hold this machine's address, 172.17.8.102.`);
    expect(stderr).toContain('COREOS_PRIVATE_IPV4=172.17.8.102');
    node.untell('address');
    expect(node.run()).toMatchObject({ status: 0, changes: [restart] });
  });

  it('shows why coreos-cloudinit failed, and goes on from there without stopping an etcd that has begun', () => {
    node.tell('cloudinit-fails');
    const { status, stderr } = node.run();
    expect(status).toBe(1);
    expect(stderr).toContain(`${cloudinit}: coreos-cloudinit failed. Its last lines:\njournal: `);
    expect(stderr).toContain(`--unit=${cloudinit}`);
    expect(node.has('/var/lib/chapterlab/applied')).toBe(false);
    node.untell('cloudinit-fails');
    expect(node.run()).toMatchObject({ status: 0, changes: [restart] });
  });

  it('does not wait for ever for coreos-cloudinit', () => {
    node.tell('cloudinit-hangs');
    const { status, stderr } = node.run({ timeoutSeconds: 1 });
    expect(status).toBe(1);
    expect(stderr).toContain('coreos-cloudinit did not end in time. Its last lines:\njournal: ');
  });

  it.each([
    ['it failed', 'failed\n', undefined],
    // As with the discovery service's "found duplicate id": Flatcar's unit is started again every ten seconds.
    ['it ends again and again', 'activating\n', ''],
    ['it is still activating', 'activating\n', undefined],
    ['it is still inactive', 'inactive\n', undefined],
  ])('shows what etcd said: %s', (reason, states, restarts) => {
    node.write('/var/lib/chapterlab/generation-1', '');
    node.tell('states/etcd-member.service', states);
    if (restarts !== undefined) node.tell('restarts', restarts);
    const { status, stderr } = node.run({ timeoutSeconds: restarts === undefined ? 2 : 20 });
    expect(status).toBe(1);
    expect(stderr).toContain(`etcd-member.service: ${reason}. Its last lines:\njournal: `);
  });

  it('leaves units alone that this Flatcar does not have', () => {
    node.tell('missing', 'fleet.service\nfleet.socket\n');
    expect(node.run().changes).toEqual(['systemctl stop etcd-member.service', restart]);
  });

  it('refuses $public_ipv4, which is 127.0.0.1 on newer boxes', () => {
    const config = parseCloudConfig(
      'user-data',
      '#cloud-config\ncoreos:\n  units:\n    - name: a.service\n      content: x $public_ipv4\n',
    );
    const render = () =>
      renderFlatcarScript(config, { address: '10.0.0.1', generation: 1 }, { timeoutSeconds: 1 });
    expect(render).toThrow('The user-data uses $public_ipv4, and the node has no such address.');
  });
});
