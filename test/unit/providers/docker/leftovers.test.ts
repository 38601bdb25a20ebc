import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { findDockerLeftovers } from '../../../../src/providers/docker/leftovers.ts';
import type { Claim, Ownership } from '../../../../src/state/lab-life.ts';
import type { FakeExec, ScriptedCommand } from '../../../support/fake-exec.ts';
import { dockerFixture, engineDown, scriptedDocker } from './docker-fixture.ts';

const home = '/home/u/labs here';
const place = { home, lab: 'coreos' };
const { signal } = new AbortController();

/** Of `docker ps`: as docker 20.10.24 prints these columns. */
const container = (id: string, lab: string): string =>
  [
    ...[id, `${lab}-core-01`, 'running', '2026-11-21 09:04:47 +0000 UTC', lab, 'core-01'],
    `${home}/labs/${lab}/projects/coreos`,
  ].join('\t');

const network = (id: string, labels: object): object => ({
  ...{ Id: id, Name: 'chapterlab-coreos', Created: '2026-11-21T09:04:47Z', Labels: labels },
});

const judge = ({ lab }: Claim): Promise<Ownership> =>
  Promise.resolve({ life: lab === 'coreos' ? 'gone' : 'lives', place, why: 'the lab is gone' });

function engine(changes: { host?: string; name?: string } = {}): {
  docker: ReturnType<typeof scriptedDocker>['docker'];
  fake: FakeExec;
} {
  const script: ScriptedCommand[] = [
    { command: 'docker info --format {{json .}}', result: { stdout: dockerFixture('info.json') } },
    { command: 'docker info --format {{.Name}}', result: { stdout: `${changes.name ?? hostname()}\n` } },
    {
      command: /^docker context inspect/,
      result: { stdout: `${changes.host ?? 'unix:///run/docker.sock'}\n` },
    },
    {
      command: /^docker ps --all --no-trunc --filter label=chapterlab.lab --format/,
      result: { stdout: `${container('c1', 'coreos')}\n${container('c2', 'dokku')}\n` },
    },
    { command: /^docker network ls .*label=chapterlab.network/, result: { stdout: 'n1\nn2\nn3\n' } },
    {
      command: 'docker network inspect n1 n2 n3',
      result: {
        stdout: JSON.stringify([
          network('n1', { 'chapterlab.lab': 'coreos', 'chapterlab.home': home }),
          network('n2', { 'chapterlab.lab': 'dokku', 'chapterlab.home': home }),
          network('n3', { 'chapterlab.network': 'from before labs were named' }),
        ]),
      },
    },
    { command: 'docker rm --force --volumes c1' },
    { command: 'docker network rm n1', result: { exitCode: 1, stderr: 'Error: No such network: n1\n' } },
  ];
  return scriptedDocker(script);
}

describe('findDockerLeftovers', () => {
  it('finds containers and networks of labs that are gone, and no others', async () => {
    const { docker, fake } = engine();
    const { found, marks, skipped } = await findDockerLeftovers(docker, judge, signal);
    expect(skipped).toBeUndefined();
    expect(found.map(({ leftover }) => leftover)).toEqual([
      {
        ...{ standing: 'left', what: 'container coreos-core-01', where: 'Docker, running' },
        ...{ why: 'the lab is gone', lab: 'coreos', since: '2026-11-21T09:04:47.000Z' },
      },
      {
        ...{ standing: 'left', what: 'network chapterlab-coreos', where: 'Docker' },
        ...{ why: 'the lab is gone', lab: 'coreos', since: '2026-11-21T09:04:47Z' },
      },
    ]);
    expect(found.map(({ owner }) => owner)).toEqual([place, place]);
    expect(marks.map(({ lab, ownership }) => `${lab} ${ownership.life}`)).toEqual([
      'coreos gone',
      'dokku lives',
    ]);
    for (const { remove } of found) await remove?.(signal);
    expect(fake.calls.slice(-2)).toEqual(['docker rm --force --volumes c1', 'docker network rm n1']);
  });

  it.each([
    ['behind a network', { host: 'tcp://10.0.0.1:2376' }],
    ['of another host, with its socket lent', { name: 'another-host' }],
  ])('is not certain of what is on an engine %s', async (_what, changes) => {
    const { found } = await findDockerLeftovers(engine(changes).docker, judge, signal);
    expect(found.map(({ leftover }) => leftover.standing)).toEqual(['uncertain', 'uncertain']);
    expect(found[0]?.leftover.why).toBe("the lab is gone on this computer, and the engine is another one's");
  });

  it.each([
    ['is missing', { exitCode: 127, notFound: true }, 'Docker: There is no `docker` on PATH.'],
    ['does not run', engineDown, /^Docker: The Docker engine cannot be used: Cannot connect/],
  ])('says that Docker %s', async (_what, result, skipped) => {
    const { docker } = scriptedDocker([{ command: /./, result }]);
    expect(await findDockerLeftovers(docker, judge, signal)).toMatchObject({
      found: [],
      skipped: expect.stringMatching(skipped) as string,
    });
  });
});
