import { describe, expect, it } from 'vitest';
import {
  createNetwork,
  listNetworks,
  removeNetwork,
  removeOwnNetwork,
} from '../../../../src/providers/docker/networks.ts';
import { dockerFixture, engineDown, ownNetworks, scriptedDocker } from './docker-fixture.ts';

const request = { name: 'coreos', subnet: '172.17.8.0/24', gateway: '172.17.8.1' };
const owner = { lab: 'coreos', home: '/no such/lab home' };
const networkId = '7abcb39af9892783216f8ced27391c1fc4d91f530bc82052827550c77a4f4a2b';
const inspectOwn = 'docker network inspect coreos';
const absent = { exitCode: 1, stdout: '[]\n', stderr: 'Error: No such network: coreos\n' };

describe('listNetworks', () => {
  it('finds the ranges of all networks with two questions', async () => {
    const { docker, fake } = scriptedDocker([
      { command: 'docker network ls --quiet --no-trunc', result: { stdout: 'a\nb\nc\nd\n' } },
      { command: 'docker network inspect a b c d', result: { stdout: dockerFixture('networks.json') } },
    ]);
    const networks = await listNetworks(docker);
    expect(networks).toMatchObject([
      { name: 'bridge', subnets: ['10.200.0.0/24'] },
      { name: 'coreos', subnets: ['172.17.8.0/24'], id: networkId, labels: {} },
      { name: 'host', subnets: [] },
      { name: 'none', subnets: [] },
    ]);
    expect(fake.calls).toHaveLength(2);
  });

  it('finds none where the engine does not answer', async () => {
    const { docker } = scriptedDocker([{ command: /network ls/, result: engineDown }]);
    expect(await listNetworks(docker)).toEqual([]);
  });
});

describe('createNetwork', () => {
  it('makes the network with its gateway and labels that say whose it is', async () => {
    const { docker, fake } = scriptedDocker([
      { command: inspectOwn, result: absent },
      { command: /network create/ },
    ]);
    await createNetwork(docker, request, owner);
    expect(fake.calls[1]).toBe(
      'docker network create --driver bridge --subnet 172.17.8.0/24 --gateway 172.17.8.1 --label chapterlab.network=coreos --label chapterlab.lab=coreos --label chapterlab.home=/no such/lab home coreos',
    );
  });

  it.each([
    ['of nobody', dockerFixture('networks.json')],
    ['of a lab of another LAB_HOME', ownNetworks({ ...owner, home: '/other' }, 'coreos')],
    ['of another lab', ownNetworks({ ...owner, lab: 'dokku' }, 'coreos')],
  ])('does not take one %s although name and range are as wanted', async (_, stdout) => {
    const networks = JSON.parse(stdout) as { Name: string }[];
    const named = JSON.stringify(networks.filter(({ Name }) => Name === 'coreos'));
    const { docker, fake } = scriptedDocker([{ command: inspectOwn, result: { stdout: named } }]);
    await expect(createNetwork(docker, request, owner)).rejects.toMatchObject({
      code: 'LAB_ADDRESS_TAKEN',
      message:
        'The Docker network coreos is there (172.17.8.0/24) and lab coreos of this LAB_HOME did not make it.',
    });
    expect(fake.calls).toHaveLength(1);
  });

  it('leaves one alone that is as wanted', async () => {
    const { docker, fake } = scriptedDocker([
      { command: inspectOwn, result: { stdout: ownNetworks(owner, 'coreos') } },
    ]);
    await createNetwork(docker, request, owner);
    expect(fake.calls).toHaveLength(1);
    await expect(createNetwork(docker, { ...request, subnet: '10.9.0.0/24' }, owner)).rejects.toMatchObject({
      code: 'LAB_ADDRESS_TAKEN',
      message: expect.stringContaining('172.17.8.0/24') as string,
    });
  });

  it('says that a range is taken', async () => {
    const stderr = 'Error response from daemon: Pool overlaps with other one on this address space\n';
    const { docker } = scriptedDocker([
      { command: inspectOwn, result: absent },
      { command: /network create/, result: { exitCode: 1, stderr } },
    ]);
    await expect(createNetwork(docker, request, owner)).rejects.toMatchObject({
      code: 'LAB_ADDRESS_TAKEN',
      exitCode: 4,
    });
  });

  it('passes on any other failure with what docker said', async () => {
    const { docker } = scriptedDocker([{ command: /network/, result: engineDown }]);
    await expect(createNetwork(docker, request, owner)).rejects.toMatchObject({
      code: 'LAB_DOCKER_FAILED',
      details: { output: expect.stringContaining('Cannot connect') as string },
    });
  });
});

describe('removeOwnNetwork', () => {
  const own = { command: inspectOwn, result: { stdout: ownNetworks(owner, 'coreos') } };
  const listing = `docker ps --all --filter network=${networkId} --format {{.Names}}`;

  it("removes this lab's, by its id", async () => {
    const removal = `docker network rm ${networkId}`;
    const { docker, fake } = scriptedDocker([own, { command: listing }, { command: removal }]);
    expect(await removeOwnNetwork(docker, 'coreos', owner)).toEqual({ outcome: 'removed' });
    expect(fake.calls).toEqual([inspectOwn, listing, removal]);
  });

  it('is content when it is gone', async () => {
    const { docker } = scriptedDocker([{ command: inspectOwn, result: absent }]);
    expect(await removeOwnNetwork(docker, 'coreos', owner)).toEqual({ outcome: 'absent' });
  });

  it.each([
    ['of nobody', ownNetworks({ lab: '', home: '' }, 'coreos')],
    ['of a lab of another LAB_HOME', ownNetworks({ ...owner, home: '/other' }, 'coreos')],
  ])('leaves one %s and shows it', async (_, stdout) => {
    const { docker, fake } = scriptedDocker([{ command: inspectOwn, result: { stdout } }]);
    expect(await removeOwnNetwork(docker, 'coreos', owner)).toEqual({
      outcome: 'left',
      why: expect.stringContaining('coreos (172.17.8.0/24) was made by somebody else') as string,
    });
    expect(fake.calls).toEqual([inspectOwn]);
  });

  it('names the containers that are on it, also those that do not run, and removes nothing', async () => {
    const { docker, fake } = scriptedDocker([own, { command: listing, result: { stdout: 'db\nweb\n' } }]);
    await expect(removeOwnNetwork(docker, 'coreos', owner)).rejects.toMatchObject({
      code: 'LAB_DOCKER_FAILED',
      message: 'The network coreos was not removed: containers are still on it: db, web.',
      details: { hint: expect.stringContaining('docker network disconnect coreos db') as string },
    });
    expect(fake.calls).toEqual([inspectOwn, listing]);
  });

  it('fails where the engine does not answer: nothing seen is not nothing there', async () => {
    const { docker } = scriptedDocker([{ command: inspectOwn, result: engineDown }]);
    await expect(removeOwnNetwork(docker, 'coreos', owner)).rejects.toMatchObject({
      code: 'LAB_DOCKER_FAILED',
    });
  });
});

describe('removeNetwork', () => {
  it.each([
    { exitCode: 0 },
    { exitCode: 1, stderr: 'Error: No such network: coreos\n' },
    { exitCode: 1, stderr: 'Error response from daemon: network coreos not found\n' },
  ])('is content when the network is gone: %j', async (result) => {
    const { docker } = scriptedDocker([{ command: 'docker network rm coreos', result }]);
    await expect(removeNetwork(docker, 'coreos')).resolves.toBeUndefined();
  });

  it('fails while machines are on it', async () => {
    const stderr =
      'Error response from daemon: error while removing network: network coreos id 7a has active endpoints\n';
    const { docker } = scriptedDocker([{ command: /network rm/, result: { exitCode: 1, stderr } }]);
    await expect(removeNetwork(docker, 'coreos')).rejects.toMatchObject({ code: 'LAB_DOCKER_FAILED' });
  });
});
