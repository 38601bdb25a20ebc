import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, labSandbox, searchTool, type LabRun, type LabSandbox } from '../support/lab-process.ts';

/** A folder whose name needs quotes in Ruby, in ssh's files and in shells. */
const folder = 'out "of" #{bounds}';
let sandbox: LabSandbox;
let run: LabRun;
let out: string;
beforeAll(async () => {
  sandbox = await labSandbox();
  out = join(sandbox.dir, folder);
  const args = ['render', 'coreos', '--nodes', '3', '--subnet', '10.119.3.0/24', '--out', folder];
  run = await sandbox.run(args);
});
afterAll(() => sandbox.remove());

const files = [
  'coreos/Vagrantfile',
  'coreos/docker.rb',
  'coreos/config.rb',
  'coreos/user-data',
  'hosts',
  'ssh_config',
];

describe('lab render coreos --nodes 3 --out DIR', () => {
  it('writes files, names them, and changes nothing else', async () => {
    expect(run).toEqual({
      exitCode: 0,
      stdout: files.map((file) => `${join(folder, file)}\n`).join(''),
      stderr: '',
    });
    expect(await readdir(join(sandbox.dir, 'home'))).toEqual([]);
    expect(existsSync(sandbox.home)).toBe(false);
  });

  it.each(files.slice(2))('writes %s as it should be', async (file) => {
    const text = (await readFile(join(out, file), 'utf8'))
      .replaceAll(sandbox.dir, 'SANDBOX')
      .replace(/chapterlab\/node:[0-9a-f]{12}/, 'chapterlab/node:DIGEST');
    await expect(text).toMatchFileSnapshot(`../fixtures/golden/render/${file}`);
  });

  it.each([
    ['Vagrantfile', 'coreos/Vagrantfile'],
    ['docker.rb', 'docker.rb'],
  ])('writes the %s that comes with lab', async (name, source) => {
    const own = new URL(`../../vagrant/${source}`, import.meta.url);
    expect(await readFile(join(out, 'coreos', name), 'utf8')).toBe(await readFile(own, 'utf8'));
  });

  it.each(['apt-cacher', 'chapter-5', 'chef', 'coreos-loadbalancer', 'dokku', 'dokku-wordpress', 'puppet'])(
    'writes the files of %s, with every provider',
    async (name) => {
      for (const provider of ['docker', 'virtualbox']) {
        const target = join('all', name, provider);
        const args = ['render', name, '--provider', provider, '--out', target];
        const { exitCode, stdout, stderr } = await sandbox.run(args);
        expect([exitCode, stderr]).toEqual([0, '']);
        expect(stdout).toContain('config.rb');
      }
    },
  );

  it('writes user-data that `lab validate` accepts, with the URL that it was given', async () => {
    expect((await sandbox.run(['validate', join(out, 'coreos', 'user-data')])).exitCode).toBe(0);
    const url = 'http://127.0.0.1:9/0123456789abcdef0123456789abcdef';
    const args = ['render', 'coreos', '--out', 'again', '--discovery-url', url, '--edition', 'fleet'];
    expect((await sandbox.run(args)).exitCode).toBe(0);
    const text = await readFile(join(sandbox.dir, 'again', 'coreos', 'user-data'), 'utf8');
    expect(text).toContain(`discovery: "${url}"`);
    expect(text).toMatch(/^ {2}fleet:$/m);
  });

  it('needs no engine, and leaves out the ssh config where ports are forwarded', async () => {
    for (const [what, names] of [
      ['down', ['coreos', 'hosts', 'ssh_config']],
      ['desktop', ['coreos', 'hosts']],
    ] as const) {
      const { exitCode } = await sandbox.run(['render', 'coreos', '--out', what], {
        env: { FAKE_DOCKER: what },
      });
      expect([what, exitCode, (await readdir(join(sandbox.dir, what))).sort()]).toEqual([what, 0, names]);
    }
  });

  it.skipIf(searchTool('ssh') === undefined)('writes an ssh config that OpenSSH understands', () => {
    const args = ['-G', '-F', join(out, 'ssh_config'), 'core-02'];
    const { stdout, stderr } = spawnSync(findTool('ssh'), args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^hostname 10\.119\.3\.102$/m);
    expect(stdout).toContain(`identityfile ${join(out, 'id_ed25519')}\n`);
  });

  const vagrant = searchTool('vagrant');
  it.skipIf(vagrant === undefined)('writes a folder that Vagrant finds valid (needs vagrant)', async () => {
    spawnSync(findTool('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', join(out, 'id_ed25519')]);
    const before = await readFile(join(out, 'coreos', 'config.rb'), 'utf8');
    // The engine only has to say its version: nothing is made.
    const env = {
      ...sandbox.env,
      PATH: `${join(sandbox.dir, 'bin')}:${process.env['PATH'] ?? ''}`,
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_DEFAULT_PROVIDER: 'docker',
    };
    const { stdout, stderr } = spawnSync(vagrant ?? '', ['validate'], {
      cwd: join(out, 'coreos'),
      env,
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['Vagrantfile validated successfully.\n', '']);
    expect(await readFile(join(out, 'coreos', 'config.rb'), 'utf8')).toBe(before);
  });

  it.skipIf(vagrant === undefined)(
    'writes folders for VirtualBox that Vagrant finds valid, box and user-data included (needs vagrant)',
    async () => {
      const folder = 'for "VirtualBox" #{1}';
      const asked = [
        '--provider',
        'virtualbox',
        '--with',
        'dokku',
        '--edition',
        'fleet',
        '--subnet',
        '192.168.56.0/24',
      ];
      const rendered = await sandbox.run(['render', 'coreos', ...asked, '--out', folder]);
      expect([rendered.exitCode, rendered.stderr]).toEqual([0, '']);
      // VBoxManage is asked for its version, which must be one that every Vagrant from 2.3.4 on knows.
      const bin = join(sandbox.dir, 'virtualbox');
      await mkdir(bin);
      await writeFile(join(bin, 'VBoxManage'), '#!/bin/sh\necho 7.0.26r168464\n', { mode: 0o755 });
      const env = {
        ...sandbox.env,
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        VAGRANT_CHECKPOINT_DISABLE: '1',
        VAGRANT_HOME: join(sandbox.dir, 'vagrant'),
      };
      for (const project of ['coreos', 'dokku']) {
        const cwd = join(sandbox.dir, folder, project);
        const { stdout, stderr } = spawnSync(vagrant ?? '', ['validate'], {
          cwd,
          env,
          encoding: 'utf8',
        });
        expect([stdout, stderr]).toEqual(['Vagrantfile validated successfully.\n', '']);
      }
      expect(await readFile(join(sandbox.dir, folder, 'coreos', 'config.rb'), 'utf8')).toMatch(
        /^\$box_name = "flatcar-stable"$/m,
      );
    },
  );
});
