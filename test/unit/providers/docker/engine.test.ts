import { describe, expect, it } from 'vitest';
import { readEngine } from '../../../../src/providers/docker/engine.ts';
import type { ScriptedResult } from '../../../support/fake-exec.ts';
import { dockerFixture, scriptedDocker } from './docker-fixture.ts';

async function read(result: ScriptedResult): ReturnType<typeof readEngine> {
  const { docker } = scriptedDocker([{ command: 'docker info --format {{json .}}', result }]);
  return await readEngine(docker);
}

/** The recorded answer with other values. */
function info(changes: object): ScriptedResult {
  return { stdout: JSON.stringify({ ...(JSON.parse(dockerFixture('info.json')) as object), ...changes }) };
}

describe('readEngine', () => {
  it('reads a local engine', async () => {
    expect(await read({ stdout: dockerFixture('info.json') })).toEqual({
      engine: { version: '20.10.24+dfsg1', architecture: 'amd64', desktop: false },
      problems: [],
    });
  });

  it('knows Docker Desktop and arm64', async () => {
    const { engine } = await read(info({ OperatingSystem: 'Docker Desktop', Architecture: 'aarch64' }));
    expect(engine).toMatchObject({ architecture: 'arm64', desktop: true });
  });

  it.each([
    ['no client', { exitCode: undefined, notFound: true }, 'LAB_DOCKER_MISSING', 'docker'],
    [
      'engine down, docker 20.10',
      { stdout: dockerFixture('info-down.json') },
      'LAB_DOCKER_UNREACHABLE',
      'Is the docker daemon running?',
    ],
    [
      'engine down, no JSON',
      { exitCode: 1, stderr: 'ERROR: Cannot connect to the Docker daemon' },
      'LAB_DOCKER_UNREACHABLE',
      'used: Cannot connect',
    ],
    ['no answer', { exitCode: undefined, timedOut: true }, 'LAB_DOCKER_UNREACHABLE', 'within 20 s'],
    [
      "podman's client",
      { stdout: '{"host":{"arch":"amd64"},"store":{},"version":{"Version":"4.3.1"}}' },
      'LAB_PROVIDER_UNSUPPORTED',
      'podman',
    ],
  ])('finds no engine: %s', async (_case, result, code, words) => {
    const { engine, problems } = await read(result);
    expect(engine).toBeUndefined();
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]?.message).toContain(words);
  });

  it('says how to be let at the socket', async () => {
    const { problems } = await read({ stdout: dockerFixture('info-denied.json') });
    expect(problems[0]?.fix).toContain('usermod -aG docker');
  });

  it('names everything that does not suit at once', async () => {
    const { problems } = await read(
      info({ ServerVersion: '19.03.1', Architecture: 'riscv64', SecurityOptions: ['name=rootless'] }),
    );
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('19.03.1'),
      expect.stringContaining('riscv64'),
      expect.stringContaining('rootless'),
    ]);
  });
});
