import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findUnusedImages,
  type ImageQuestion,
  type ImageSearch,
} from '../../../../src/providers/docker/image-leftovers.ts';
import { nodeImageName } from '../../../../src/providers/docker/node-image.ts';
import type { FakeExec, ScriptedCommand } from '../../../support/fake-exec.ts';
import { scriptedDocker } from './docker-fixture.ts';

const imageDir = fileURLToPath(new URL('../../../../vagrant/node-image', import.meta.url));
const { signal } = new AbortController();

let cacheDir: string;
let current: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'lab-images-'));
  current = await nodeImageName(imageDir);
});
afterEach(() => rm(cacheDir, { recursive: true }));

/** An engine with these images. `id`: of the image; its layers: `base`, and `base` and `own` of what is built on it. */
function engine(images: Record<string, { id: string; layers: string }>, used: string[]): ScriptedCommand[] {
  const list = (repository: string): string =>
    Object.keys(images)
      .filter((name) => name.startsWith(`${repository}:`))
      .join('\n');
  return [
    { command: 'docker info --format {{.ID}} {{.DockerRootDir}}', result: { stdout: 'E1\n' } },
    { command: /^docker image ls .*chapterlab\/node$/, result: { stdout: `${list('chapterlab/node')}\n` } },
    { command: /^docker image ls .*chapterlab\/base$/, result: { stdout: `${list('chapterlab/base')}\n` } },
    { command: 'docker ps --all --format {{.Image}}', result: { stdout: `${used.join('\n')}\n` } },
    ...Object.entries(images).map(([name, { id, layers }]) => ({
      command: new RegExp(`^docker image inspect .* ${name}$`),
      // As docker 20.10.24 prints it.
      result: { stdout: `${id} 358991337 2026-11-20T10:00:00Z  ${layers}\n` },
    })),
    {
      command: /^docker image inspect/,
      result: { exitCode: 1, stdout: '\n', stderr: 'Error: No such image: chapterlab/node:x\n' },
    },
  ];
}

async function find(
  script: readonly ScriptedCommand[],
  entries: ImageQuestion['entries'] = [],
): Promise<ImageSearch & { fake: FakeExec }> {
  const { docker, fake } = scriptedDocker(script);
  return { ...(await findUnusedImages(docker, { imageDir, cacheDir, entries }, signal)), fake };
}

const entry = (
  id: number,
  name: string,
  more: { made?: string; done?: boolean; engine?: string } = {},
): ImageQuestion['entries'][number] => {
  const { made, done = true, engine: on = 'E1' } = more;
  const change = { kind: 'image', provider: 'docker', engine: on, name } as const;
  return { id, at: '', change, done, ...(made === undefined ? {} : { made }) };
};
const told = ({ found, gone }: ImageSearch): object => ({
  found: found.map(({ leftover: { standing, what }, entry: id }) => `${standing} ${what} ${id ?? 'guessed'}`),
  gone,
});

it('names images of earlier inputs that no container uses, and removes them without force', async () => {
  const image = { id: 'sha256:1', layers: 'base' };
  const all = { [current]: image, 'chapterlab/node:old': image, 'chapterlab/node:used': image };
  const { found, fake } = await find([
    ...engine({ ...all, 'chapterlab/base:older': image }, ['chapterlab/node:used', 'debian']),
    {
      command: 'docker image rm chapterlab/node:old',
      result: { exitCode: 1, stderr: 'Error: No such image: x\n' },
    },
    { command: /^docker image rm/, result: { exitCode: 1, stderr: 'conflict: container 1 is using it\n' } },
  ]);
  expect(found.map(({ leftover }) => leftover)).toMatchObject([
    {
      what: 'image chapterlab/node:old',
      standing: 'shared',
      bytes: 358991337,
      since: '2026-11-20T10:00:00Z',
    },
    { what: 'image chapterlab/base:older', standing: 'shared' },
  ]);
  await found[0]?.remove?.(signal);
  await expect(found[1]?.remove?.(signal)).rejects.toMatchObject({ code: 'LAB_DOCKER_FAILED' });
  expect(fake.calls.at(-1)).toBe('docker image rm chapterlab/base:older');
});

describe('an image that the journal tells of', () => {
  const debian = 'debian:bookworm-slim';
  const base = { id: 'sha256:b', layers: 'base' };
  const node = { id: 'sha256:n', layers: 'base own' };

  it('is shown where no container uses it, also that of today and one that was pulled', async () => {
    const entries = [entry(2, current, { made: 'sha256:n' }), entry(1, debian, { made: 'sha256:b' })];
    const search = await find(engine({ [current]: node, [debian]: base }, []), entries);
    expect(told(search)).toEqual({
      found: [`shared image ${current} 2`, `shared image ${debian} 1`],
      gone: [],
    });
  });

  it('is not shown where a container uses it, or what is built on it', async () => {
    const entries = [entry(2, current), entry(1, debian)];
    const search = await find(engine({ [current]: node, [debian]: base }, [current]), entries);
    expect(told(search)).toEqual({ found: [], gone: [] });
  });

  it('is gone where nothing has its name, or something else; of another engine it says nothing', async () => {
    const entries = [
      entry(3, 'chapterlab/node:removed'),
      entry(2, debian, { made: 'sha256:pulled-by-lab' }),
      entry(1, 'chapterlab/node:elsewhere', { engine: 'E2' }),
    ];
    const search = await find(engine({ [debian]: base }, []), entries);
    expect(told(search)).toEqual({ found: [], gone: [3, 2] });
  });

  it('is not certain where a run was killed and others may have pulled it', async () => {
    const entries = [entry(2, current, { done: false }), entry(1, debian, { done: false })];
    const search = await find(engine({ [current]: node, [debian]: base }, []), entries);
    expect(told(search)).toEqual({
      found: [`shared image ${current} 2`, `uncertain image ${debian} 1`],
      gone: [],
    });
  });

  it('stays where another has come to have its name since it was looked at', async () => {
    const [found] = (
      await find(
        [
          { command: /^docker image inspect .*slim$/, result: { stdout: 'sha256:b 1 now  base' }, times: 1 },
          ...engine({ [debian]: { id: 'sha256:other', layers: 'x' } }, []),
        ],
        [entry(1, debian)],
      )
    ).found;
    await expect(found?.remove?.(signal)).rejects.toThrow('another image has come to have that name');
  });

  it('is neither left nor gone where the engine does not say', async () => {
    const silent = { command: /^docker image inspect/, result: { exitCode: 1, stderr: 'Cannot connect\n' } };
    await expect(find([silent, ...engine({}, [])], [entry(1, debian)])).rejects.toMatchObject({
      code: 'LAB_DOCKER_FAILED',
    });
  });
});
