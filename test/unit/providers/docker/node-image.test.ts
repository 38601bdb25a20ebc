import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordShared } from '../../../../src/host/shared-journal.ts';
import { DockerCli } from '../../../../src/providers/docker/docker-cli.ts';
import { buildNodeImage, nodeImageName } from '../../../../src/providers/docker/node-image.ts';
import { locateRootfs, prepareRootfs } from '../../../../src/providers/docker/rootfs.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import type { FakeExec, ScriptedCommand } from '../../../support/fake-exec.ts';

const shipped = fileURLToPath(new URL('../../../../vagrant/node-image', import.meta.url));

let folder = '';
let imageDir = '';
let cacheDir = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-node-image-'));
  imageDir = join(folder, 'image');
  cacheDir = join(folder, 'cache');
  cpSync(shipped, imageDir, { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const absent = { exitCode: 1, stderr: 'Error: No such image\n' };
const noHub = {
  exitCode: 1,
  stderr: 'Error response from daemon: Get "https://registry-1.docker.io/v2/": no such host\n',
};
const mmdebstrap: ScriptedCommand = {
  command: /^mmdebstrap /,
  effect: (args) => {
    writeFileSync(args.at(-1) ?? '', 'a root file system');
  },
};
const noImages: ScriptedCommand = { command: /^docker image inspect/, result: absent };
const imports: ScriptedCommand = { command: /^docker import/ };
const builds: ScriptedCommand = { command: /^docker build/, result: { stdout: 'Step 1/8\n' } };

const engine: ScriptedCommand = {
  command: 'docker info --format {{.ID}} {{.DockerRootDir}}',
  result: { stdout: 'G5Z2:B6WB\n' },
};

async function build(script: readonly ScriptedCommand[]): Promise<{ fake: FakeExec; lines: string[] }> {
  const fake = fakeExec([engine, ...script]);
  const lines: string[] = [];
  // In one list with the commands: what is written down comes before what is made.
  const record: RecordShared = async (change, make, options) => {
    fake.calls.push(`journal: ${change.kind === 'image' ? `${change.engine} ${change.name}` : '?'}`);
    const result = await make();
    fake.calls.push(`journal: done ${(await options?.identify?.(result)) ?? 'unknown'}`);
    return result;
  };
  await buildNodeImage(new DockerCli(fake.exec), { exec: fake.exec, imageDir, cacheDir, record }, (line) =>
    lines.push(line),
  );
  return { fake, lines };
}

function baseOf(fake: FakeExec): string | undefined {
  return /--build-arg BASE=(\S+)/.exec(fake.calls.find((call) => call.startsWith('docker build')) ?? '')?.[1];
}

describe('nodeImageName', () => {
  it('is the same for the same inputs wherever they are, and another for any change', async () => {
    const name = await nodeImageName(imageDir);
    expect(name).toMatch(/^chapterlab\/node:[0-9a-f]{12}$/);
    expect(await nodeImageName(shipped)).toBe(name);
    appendFileSync(join(imageDir, 'files/etc/docker/daemon.json'), '\n');
    expect(await nodeImageName(imageDir)).not.toBe(name);
  });
});

describe('buildNodeImage', () => {
  it('does nothing when the image is there', async () => {
    const { fake } = await build([{ command: /^docker image inspect .* chapterlab\/node:/ }]);
    expect(fake.calls).toHaveLength(1);
  });

  it('builds on the root file system from the cache without asking the network', async () => {
    const { path, key } = await locateRootfs({ imageDir, cacheDir });
    await prepareRootfs({ exec: fakeExec([mmdebstrap]).exec, imageDir, cacheDir }, () => undefined);
    const { fake, lines } = await build([noImages, imports, builds]);
    expect(fake.calls).toContain(`docker import ${path} chapterlab/base:${key}`);
    expect(baseOf(fake)).toBe(`chapterlab/base:${key}`);
    expect(lines).toContain('Step 1/8');
  });

  it('writes base and image down, each before it is made, and which one it became', async () => {
    const { path, key } = await locateRootfs({ imageDir, cacheDir });
    await prepareRootfs({ exec: fakeExec([mmdebstrap]).exec, imageDir, cacheDir }, () => undefined);
    const name = await nodeImageName(imageDir);
    const made = (image: string, id: string): ScriptedCommand => ({
      command: `docker image inspect --format {{.Id}} ${image}`,
      result: { stdout: `${id}\n` },
    });
    const base = `chapterlab/base:${key}`;
    const { fake } = await build([
      ...[base, name].map((image) => ({
        ...noImages,
        command: new RegExp(`inspect .* ${image}$`),
        times: 1,
      })),
      ...[made(base, 'sha256:b'), made(name, 'sha256:n')],
      ...[imports, builds],
    ]);
    expect(fake.calls.filter((call) => /^(journal|docker (import|build))/.test(call))).toEqual([
      `journal: G5Z2:B6WB ${base}`,
      `docker import ${path} ${base}`,
      'journal: done sha256:b',
      `journal: G5Z2:B6WB ${name}`,
      expect.stringContaining('docker build'),
      'journal: done sha256:n',
    ]);
  });

  it("builds on Debian's public image where it can be pulled", async () => {
    const { fake } = await build([noImages, { command: 'docker pull debian:bookworm-slim' }, builds]);
    expect(baseOf(fake)).toBe('debian:bookworm-slim');
  });

  it('makes a root file system where it cannot', async () => {
    const { fake, lines } = await build([
      noImages,
      { command: /^docker pull/, result: noHub },
      mmdebstrap,
      imports,
      builds,
    ]);
    expect(baseOf(fake)).toMatch(/^chapterlab\/base:/);
    expect(lines).toContain(
      'debian:bookworm-slim cannot be pulled; making a root file system with mmdebstrap',
    );
  });

  it('says both reasons when no base can be had', async () => {
    const missing = { command: /^mmdebstrap/, result: { exitCode: undefined, notFound: true } };
    await expect(
      build([noImages, { command: /^docker pull/, result: noHub }, missing]),
    ).rejects.toMatchObject({
      code: 'LAB_IMAGE_BASE',
      message: expect.stringMatching(/no such host.*mmdebstrap is not installed/) as string,
      details: { hint: expect.stringContaining('apt-get install mmdebstrap') as string },
    });
  });

  it('shows what docker said when the build fails', async () => {
    const failed = {
      command: /^docker build/,
      result: { exitCode: 100, stderr: 'E: Unable to locate package etcd\n' },
    };
    await expect(build([noImages, { command: /^docker pull/ }, failed])).rejects.toMatchObject({
      code: 'LAB_IMAGE_BUILD',
      details: { output: 'E: Unable to locate package etcd' },
    });
  });
});

describe('prepareRootfs', () => {
  it('makes it once, with all packages and none of the secrets of the environment', async () => {
    process.env['LAB_TEST_SECRET'] = 'x';
    const fake = fakeExec([mmdebstrap]);
    const request = { exec: fake.exec, imageDir, cacheDir };
    const path = await prepareRootfs(request, () => undefined);
    expect(await prepareRootfs(request, () => undefined)).toBe(path);
    expect(fake.calls).toHaveLength(1);
    expect(fake.calls[0]).toMatch(/--include=busybox-static,.*docker\.io,.*openssh-server/);
    expect(fake.options[0]?.env).toHaveProperty('LAB_TEST_SECRET', undefined);
    expect(fake.options[0]?.env).not.toHaveProperty('PATH');
    delete process.env['LAB_TEST_SECRET'];
  });

  it('leaves nothing behind when it fails', async () => {
    const broken: ScriptedCommand = {
      ...mmdebstrap,
      result: { exitCode: 1, stderr: 'E: apt-get update failed\n' },
    };
    await expect(
      prepareRootfs({ exec: fakeExec([broken]).exec, imageDir, cacheDir }, () => undefined),
    ).rejects.toMatchObject({ code: 'LAB_IMAGE_BASE', details: { output: 'E: apt-get update failed' } });
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('is another one for other packages', async () => {
    const { key } = await locateRootfs({ imageDir, cacheDir });
    appendFileSync(join(imageDir, 'packages.txt'), 'nano\n');
    expect((await locateRootfs({ imageDir, cacheDir })).key).not.toBe(key);
  });
});
