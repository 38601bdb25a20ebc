import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findOldImages } from '../../../../src/providers/docker/image-leftovers.ts';
import { nodeImageName } from '../../../../src/providers/docker/node-image.ts';
import { scriptedDocker } from './docker-fixture.ts';

const imageDir = fileURLToPath(new URL('../../../../vagrant/node-image', import.meta.url));
const { signal } = new AbortController();

it('names images of earlier inputs that no container uses, and removes them without force', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'lab-images-'));
  const current = await nodeImageName(imageDir);
  const { docker, fake } = scriptedDocker([
    {
      command: /^docker image ls .*chapterlab\/node$/,
      result: { stdout: `${current}\nchapterlab/node:old\nchapterlab/node:used\nchapterlab/node:<none>\n` },
    },
    { command: /^docker image ls .*chapterlab\/base$/, result: { stdout: 'chapterlab/base:older\n' } },
    { command: 'docker ps --all --format {{.Image}}', result: { stdout: 'chapterlab/node:used\ndebian\n' } },
    { command: /^docker image inspect/, result: { stdout: '577328640 2026-11-20T10:00:00Z\n' } },
    {
      command: 'docker image rm chapterlab/node:old',
      result: { exitCode: 1, stderr: 'Error: No such image: x\n' },
    },
    { command: /^docker image rm/, result: { exitCode: 1, stderr: 'conflict: container 1 is using it\n' } },
  ]);
  const found = await findOldImages(docker, { imageDir, cacheDir }, signal);
  expect(found.map(({ leftover }) => leftover)).toMatchObject([
    {
      what: 'image chapterlab/node:old',
      standing: 'shared',
      bytes: 577328640,
      since: '2026-11-20T10:00:00Z',
    },
    { what: 'image chapterlab/base:older', standing: 'shared' },
  ]);
  await found[0]?.remove?.(signal);
  await expect(found[1]?.remove?.(signal)).rejects.toMatchObject({ code: 'LAB_DOCKER_FAILED' });
  expect(fake.calls.at(-1)).toBe('docker image rm chapterlab/base:older');
  await rm(cacheDir, { recursive: true });
});
