import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { CloudConfig } from '../../../src/cloudinit/cloud-config.ts';
import { parseCloudConfig } from '../../../src/cloudinit/parse-cloud-config.ts';
import { renderFlatcarScript } from '../../../src/cloudinit/flatcar-script.ts';
import { substituteAddresses } from '../../../src/cloudinit/substitute-addresses.ts';
import { renderTemplate } from '../../../src/provision/render.ts';
import { hasSystemd, readUnit } from '../../support/real-systemd.ts';

// Real processes on a machine that may be busy; a fraction of this is needed.
vi.setConfig({ testTimeout: 60_000 });

const file = 'cloud-config/coreos/user-data-flatcar.hbs';
const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
/** As it is on Flatcar 4459.2.0. */
const etcdMember = readFileSync(
  new URL('../../fixtures/flatcar/etcd-member.service', import.meta.url),
  'utf8',
);
const address = '172.17.8.101';
const vagrantKey: unknown = expect.stringMatching(/^ssh-rsa AAAA\S+ vagrant insecure public key$/);

interface Values {
  edition: string;
  generation: number;
  discoveryUrl: string;
  authorizedKey: string;
}

function userData(values: Partial<Values> = {}): string {
  const usual: Values = {
    edition: 'fleet',
    generation: 2,
    discoveryUrl: 'http://10.0.2.2:4002/5cfcf52e78c320d26dcc7ca3643044ee',
    authorizedKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample lab coreos',
  };
  return renderTemplate({ file, source, values: { ...usual, ...values } });
}

function onNode(text: string): CloudConfig {
  return substituteAddresses(parseCloudConfig('user-data', text), { privateIpv4: address });
}

/** The units of a node: its own, and what coreos-cloudinit makes of the user-data. */
function unitFiles(text: string): Record<string, string> {
  const units = onNode(text).coreos?.units ?? [];
  const written = units.flatMap(({ name, content, drop_ins = [] }) => [
    ...(content === undefined ? [] : [[name, content] as const]),
    ...drop_ins.map((dropIn) => [`${name}.d/${dropIn.name}`, dropIn.content] as const),
  ]);
  return { 'etcd-member.service': etcdMember, ...Object.fromEntries(written) };
}

/** `NAME=value` of a unit, the last assignment of each name. */
function environmentOf(dump: string): Record<string, string> {
  const lines = [...dump.matchAll(/^\t\tEnvironment: (\w+)=([^\n]*)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
}

describe('user-data-flatcar.hbs', () => {
  it.each(['swarm', 'fleet'])('renders a valid cloud-config for the edition %s', async (edition) => {
    const text = userData({ edition });
    await expect(text).toMatchFileSnapshot(`../../fixtures/golden/user-data-flatcar-${edition}.yml`);
    const names = parseCloudConfig('user-data', text).coreos?.units?.map(({ name }) => name) ?? [];
    expect(names.includes('fleet.service')).toBe(edition === 'fleet');
    // Flatcar ignores them without a word, and 127.0.0.1 is what newer boxes put for the public address.
    const keys = [...text.matchAll(/^ *(?:- )?([\w-]+):/gm)].map(([, key]) => key);
    expect(keys.filter((key) => key?.includes('-'))).toEqual([]);
    expect(text).not.toContain('$public_ipv4');
  });

  it('begins each generation with nothing of the one before it', () => {
    const lines = (generation: number): string[] => userData({ generation }).split('\n');
    const second = lines(2);
    const changed = lines(1).filter((line, index) => line !== second[index]);
    expect(changed.map((line) => line.trim())).toEqual([
      'ConditionPathExists=/var/lib/chapterlab/generation-1',
      "# As in the book: a token is good for one cluster. This one belongs to generation 1 of the lab's cluster.",
      'Environment=ETCD_DATA_DIR=/var/lib/etcd/generation-1',
      'ConditionPathExists=/var/lib/chapterlab/generation-1',
    ]);
  });

  it('is applied by the script that it was when it was last looked at', async () => {
    const config = parseCloudConfig('user-data', userData());
    const script = renderFlatcarScript(config, { address, generation: 2 }, { timeoutSeconds: 270 });
    await expect(script).toMatchFileSnapshot('../../fixtures/golden/apply-flatcar.sh');
  });

  it('keeps every value in its place, whatever is in it', () => {
    const withoutControls = (text: string): string => text.replace(/[\0-\x1f]/g, ' ');
    const nasty = [
      '"',
      '\\',
      '%n',
      "' # ",
      '\n- x: y',
      '\u2028a: b',
      '\u0085- c',
      '{{edition}}',
      '${HOME}',
      ': ',
      '\\n',
    ];
    const texts = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 30 }));
    const keys = texts.map((text) => `ssh-ed25519 ${withoutControls(text)}.`);
    const usual = onNode(userData());
    fc.assert(
      fc.property(texts, keys, fc.nat(), (path, authorizedKey, generation) => {
        const discoveryUrl = `http://10.0.2.2:1/${path}`;
        let text: string;
        try {
          text = userData({ discoveryUrl, authorizedKey, generation });
        } catch (error) {
          // What systemd or YAML cannot hold is refused while rendering.
          expect((error as Error).message).toMatch(/holds the character|not valid Unicode/);
          return;
        }
        for (const version of ['1.1', '1.2'] as const) {
          const read = parse(text, { version }) as { ssh_authorized_keys: string[] };
          expect(read.ssh_authorized_keys).toEqual([authorizedKey, vagrantKey]);
          expect(read).toMatchObject({ coreos: { update: { reboot_strategy: 'off' } } });
        }
        const { coreos, ...rest } = parseCloudConfig('user-data', text);
        expect(rest).toEqual({
          ...usual,
          coreos: undefined,
          ssh_authorized_keys: [authorizedKey, vagrantKey],
        });
        expect(coreos?.units?.map(({ name }) => name)).toEqual(usual.coreos?.units?.map(({ name }) => name));
        const dropIn = coreos?.units?.find(({ name }) => name === 'etcd-member.service')?.drop_ins?.[0];
        expect(dropIn?.content.split('\n')).toHaveLength(
          usual.coreos?.units
            ?.find(({ name }) => name === 'etcd-member.service')
            ?.drop_ins?.[0]?.content.split('\n').length ?? 0,
        );
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });
});

describe.skipIf(!hasSystemd)('the units, read by a real systemd (skipped where there is none)', () => {
  it("add to Flatcar's own etcd-member.service what the cluster needs", () => {
    const { dump } = readUnit(unitFiles(userData()), 'etcd-member.service');
    expect(environmentOf(dump)).toMatchObject({
      ETCD_DISCOVERY: 'http://10.0.2.2:4002/5cfcf52e78c320d26dcc7ca3643044ee',
      ETCD_DISCOVERY_FALLBACK: 'exit',
      ETCD_DATA_DIR: '/var/lib/etcd/generation-2',
      ETCD_ENABLE_V2: 'true',
      ETCD_IMAGE: 'localhost/chapterlab/etcd:v3.5.16',
      ETCD_ADVERTISE_CLIENT_URLS: 'http://172.17.8.101:2379',
      ETCD_INITIAL_ADVERTISE_PEER_URLS: 'http://172.17.8.101:2380',
      ETCD_LISTEN_PEER_URLS: 'http://172.17.8.101:2380',
      ETCD_USER: 'etcd',
    });
    expect(dump).toContain('ConditionPathExists: /var/lib/chapterlab/generation-2');
    const commands = [...dump.matchAll(/Command Line: (.*)$/gm)].map(([, command]) => command);
    expect(commands[0]).toMatch(/^\/bin\/sh -c ".* docker build -q -t .* \/opt\/chapterlab\/etcd"$/);
    expect(commands.slice(1)).toEqual([
      '/usr/lib/flatcar/etcd-wrapper "\\$ETCD_OPTS"',
      '/usr/bin/docker stop etcd-member',
      '/usr/bin/docker rm etcd-member',
    ]);
  });

  it('give etcd the very URL of the discovery service', () => {
    for (const discoveryUrl of [
      'http://h/x?a="b"&c=#{d}\\%20',
      'http://h/%n %H $HOME ${x}',
      "http://h/'\u2028é😀",
    ]) {
      const { dump } = readUnit(unitFiles(userData({ discoveryUrl })), 'etcd-member.service');
      expect(environmentOf(dump)['ETCD_DISCOVERY']).toBe(discoveryUrl);
    }
  });

  it('are a fleet that waits for its socket', () => {
    const { dump } = readUnit(unitFiles(userData()), 'fleet.service');
    expect(environmentOf(dump)).toEqual({
      FLEET_PUBLIC_IP: address,
      FLEET_ETCD_SERVERS: 'http://127.0.0.1:2379',
    });
    expect(dump).toContain('Requires: fleet.socket');
    expect(dump).toContain('Command Line: /opt/bin/fleetd');
    expect(readUnit(unitFiles(userData()), 'fleet.socket').dump).toContain('ListenStream: /run/fleet.sock');
  });
});
