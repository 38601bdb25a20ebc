import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  quoteWord,
  removeSshFiles,
  renderSshConfig,
  sshArguments,
  sshFiles,
  writeSshFiles,
} from '../../../src/host/ssh-config.ts';
import { SshInclude, type SshIncludeOptions } from '../../../src/host/ssh-include.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { labDir } from '../../../src/state/lab-home.ts';

let dir: string;
let home: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-ssh-'));
  home = join(dir, 'state');
  file = join(dir, '.ssh', 'config');
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function writeLab(lab: string, options: { host?: string; agentSocket?: string } = {}): Promise<void> {
  const paths = sshFiles(labDir(home, lab));
  const config = renderSshConfig({
    lab,
    hosts: [
      {
        name: 'core-01',
        aliases: ['first'],
        endpoint: { host: options.host ?? '127.0.0.1', port: 2201 },
        user: 'core',
      },
    ],
    privateKeyPath: join(labDir(home, lab), 'ssh', 'id_ed25519'),
    knownHostsPath: paths.knownHosts,
    ...(options.agentSocket === undefined ? {} : { agentSocket: options.agentSocket }),
  });
  await writeSshFiles(labDir(home, lab), config, { 'core-01': 'ssh-ed25519 AAAA' });
}

const include = (lab = home, onForeign: SshIncludeOptions['onForeign'] = () => undefined): SshInclude =>
  new SshInclude({ file, home: lab, clock: systemClock, onForeign });

/** What the real ssh makes of the file. */
function resolve(host: string, config: string = file): Map<string, string> {
  const text = execFileSync('ssh', ['-T', '-G', '-F', config, host], { encoding: 'utf8' });
  const pairs = text.split('\n').map((line): [string, string] => [line.split(' ', 1)[0] ?? '', line]);
  return new Map(pairs.map(([key, line]) => [key, line.slice(key.length + 1)]));
}

describe('the config of a lab, read by ssh', () => {
  it('says all that is needed to reach a machine and nobody else', async () => {
    await writeLab('coreos', { agentSocket: '/run/agent.sock' });
    const paths = sshFiles(labDir(home, 'coreos'));
    for (const host of ['core-01', 'first']) {
      expect(Object.fromEntries(resolve(host, paths.config))).toMatchObject({
        hostname: '127.0.0.1',
        port: '2201',
        user: 'core',
        identityfile: join(labDir(home, 'coreos'), 'ssh', 'id_ed25519'),
        identitiesonly: 'yes',
        identityagent: '/run/agent.sock',
        hostkeyalias: 'core-01',
        userknownhostsfile: paths.knownHosts,
        globalknownhostsfile: '/dev/null',
        stricthostkeychecking: 'true',
        passwordauthentication: 'no',
        controlmaster: 'false',
        loglevel: 'ERROR',
      });
    }
    expect(readFileSync(paths.knownHosts, 'utf8')).toBe('core-01 ssh-ed25519 AAAA\n');
    expect(statSync(paths.config).mode & 0o777).toBe(0o600);
  });

  it.each(['a b', 'quo"te', "it's", 'back\\slash', 'per%h', '#hash', 'glob*[x]?', 'br{a,b}', 'ä'])(
    'and its Include work from a folder named %s',
    async (name) => {
      home = join(dir, name);
      await writeLab('coreos');
      await include().add();
      const found = resolve('core-01');
      expect(found.get('hostname')).toBe('127.0.0.1');
      expect(found.get('userknownhostsfile')).toBe(sshFiles(labDir(home, 'coreos')).knownHosts);
    },
  );

  it.each([
    'Application Support',
    'quo"te',
    "it's",
    'back\\slash',
    'per%h',
    '$(id) `id`',
    '-oProxyCommand=id',
  ])('and what `lab ssh` calls the client with holds in a folder named %s', (name) => {
    const [privateKeyPath, knownHostsPath] = [join(dir, name, 'key'), join(dir, name, 'known')];
    const host = { name: 'core-01', aliases: [], endpoint: { host: '127.0.0.1', port: 2201 }, user: 'core' };
    const args = sshArguments(host, { privateKeyPath, knownHostsPath });
    const text = execFileSync('ssh', ['-T', '-G', ...args], { encoding: 'utf8' });
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        ...[`identityfile ${privateKeyPath.replaceAll('%', '%%')}`, `userknownhostsfile ${knownHostsPath}`],
        ...['hostname 127.0.0.1', 'port 2201', 'hostkeyalias core-01', 'stricthostkeychecking true'],
      ]),
    );
    expect(text).not.toMatch(/^proxycommand/m);
  });

  it('refuses what ssh has no way to write', async () => {
    expect(() => quoteWord('a\nb')).toThrow('cannot be told');
    home = join(dir, '${HOME}');
    await expect(writeLab('coreos')).rejects.toThrow('LAB_HOME');
  });
});

describe('the Include', () => {
  const users = 'Host *\n  ForwardAgent yes';

  it('makes file and folder where they are missing, private, and takes them with it', async () => {
    await writeLab('coreos');
    expect(await include().plannedChange()).toMatchObject({ kind: 'ssh-include', file, createsFolder: true });
    expect(await include().inspect()).toBe('absent');
    expect(await include().add()).toBe('changed');
    expect(await include().add()).toBe('unchanged');
    expect(await include().inspect()).toBe('current');
    expect(resolve('core-01').get('port')).toBe('2201');
    expect([statSync(file).mode & 0o777, statSync(join(dir, '.ssh')).mode & 0o777]).toEqual([0o600, 0o700]);
    await removeSshFiles(labDir(home, 'coreos'));
    expect(await include().remove('coreos')).toBe('changed');
    expect(existsSync(join(dir, '.ssh'))).toBe(false);
    expect(await include().remove('coreos')).toBe('unchanged');
  });

  it('keeps a folder that somebody else uses, and a file that somebody else made, byte for byte', async () => {
    await include().add();
    writeFileSync(join(dir, '.ssh', 'id_rsa'), '');
    await include().remove('coreos');
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, users, { mode: 0o640 });
    await include().add();
    expect(readFileSync(file, 'utf8').endsWith(`\n${users}`)).toBe(true);
    await include().remove('coreos');
    expect(readFileSync(file, 'utf8')).toBe(users);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('removes the folder of a run that was killed right after it made it', async () => {
    mkdirSync(join(dir, '.ssh'));
    writeFileSync(join(dir, '.ssh', '.config.lab-4194303-0123abcd.tmp'), '');
    expect(await include().remove('coreos', { createsFolder: true })).toBe('unchanged');
    expect(existsSync(join(dir, '.ssh'))).toBe(false);
  });

  it('stays while another lab has a config, and beside the line of another LAB_HOME', async () => {
    await writeLab('coreos');
    await writeLab('dokku', { host: '10.0.0.2' });
    await include().add();
    await include(join(dir, 'other')).add();
    expect(await include().inspect()).toBe('current');
    expect(await include().remove('dokku')).toBe('unchanged');
    await removeSshFiles(labDir(home, 'dokku'));
    expect(await include().remove('coreos')).toBe('changed');
    expect(await include().inspect()).toBe('stale');
    expect(await include(join(dir, 'other')).inspect()).toBe('current');
    await include(join(dir, 'other')).remove('coreos');
    expect(existsSync(join(dir, '.ssh'))).toBe(false);
  });

  it('leaves lines that somebody else put into the block, behind its own, and shows them', async () => {
    await writeLab('coreos');
    mkdirSync(join(dir, '.ssh'));
    writeFileSync(file, users);
    await include().add();
    const edited = readFileSync(file, 'utf8').replace(
      'Include ',
      'Host work\n  Port 24\nInclude ~/.ssh/extra\nInclude ',
    );
    writeFileSync(file, edited);
    const shown: (readonly string[])[] = [];
    const block = include(home, (lines) => shown.push(lines));
    const foreign = ['Host work', '  Port 24', 'Include ~/.ssh/extra'];
    expect(await block.foreign()).toEqual(foreign);
    // Below a Host of theirs ours would hold for that host only.
    expect(await block.inspect()).toBe('stale');
    expect(await block.add()).toBe('changed');
    expect(await block.inspect()).toBe('current');
    expect(resolve('core-01').get('port')).toBe('2201');
    expect(resolve('work').get('port')).toBe('24');
    await include(join(dir, 'other')).add();
    expect(await block.remove('coreos')).toBe('changed');
    expect(await include(join(dir, 'other')).inspect()).toBe('current');
    await include(join(dir, 'other'), (lines) => shown.push(lines)).remove('coreos');
    expect(readFileSync(file, 'utf8')).toBe(`${foreign.join('\n')}\n${users}`);
    // When they are kept, and when the block goes; not when it stays for another LAB_HOME.
    expect(shown).toEqual([foreign, foreign]);
  });

  it('goes back to the top when somebody has put a Host above it', async () => {
    await writeLab('coreos');
    await include().add();
    writeFileSync(file, `Host work\n  User me\n${readFileSync(file, 'utf8')}`);
    expect(resolve('core-01').get('port')).toBe('22');
    expect(await include().inspect()).toBe('stale');
    expect(await include().add()).toBe('changed');
    expect(resolve('core-01').get('port')).toBe('2201');
    expect(readFileSync(file, 'utf8').endsWith('<<<\nHost work\n  User me\n')).toBe(true);
  });

  it('is refused when its block is damaged', async () => {
    await include().add();
    const damaged = readFileSync(file, 'utf8').replace('# <<<', '#<<<');
    writeFileSync(file, damaged);
    expect(await include().inspect()).toBe('damaged');
    await expect(include().remove('coreos')).rejects.toMatchObject({ code: 'LAB_SSH_CONFIG_DAMAGED' });
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });

  it('says why it cannot be written', async () => {
    const isRoot = process.geteuid?.() === 0;
    chmodSync(dir, 0o755);
    mkdirSync(home, { mode: 0o777 });
    chmodSync(home, 0o777);
    mkdirSync(join(dir, '.ssh'));
    writeFileSync(file, users, { mode: 0o444 });
    chmodSync(join(dir, '.ssh'), 0o555);
    if (isRoot) process.seteuid?.(65_534);
    try {
      await expect(include().add()).rejects.toMatchObject({ code: 'LAB_SSH_CONFIG_UNWRITABLE' });
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(dir, '.ssh'), 0o700);
    }
  });
});
