import { describe, expect, it } from 'vitest';
import { createNetwork, listNetworks, removeNetwork } from '../../../../src/providers/docker/networks.ts';
import { dockerFixture, engineDown, scriptedDocker } from './docker-fixture.ts';

const request = { name: 'coreos', subnet: '172.17.8.0/24', gateway: '172.17.8.1' };
const owner = { lab: 'coreos', home: '/no such/lab home' };
const inspectOwn = 'docker network inspect coreos';
const absent = { exitCode: 1, stdout: '[]\n', stderr: 'Error: No such network: coreos\n' };

describe('listNetworks', () => {
  it('finds the ranges of all networks with two questions', async () => {
    const { docker, fake } = scriptedDocker([
      { command: 'docker network ls --quiet --no-trunc', result: { stdout: 'a\nb\nc\nd\n' } },
      { command: 'docker network inspect a b c d', result: { stdout: dockerFixture('networks.json') } },
    ]);
    const networks = await listNetworks(docker);
    expect(networks).toContainEqual({ name: 'coreos', subnets: ['172.17.8.0/24'] });
    expect(networks).toContainEqual({ name: 'bridge', subnets: ['10.200.0.0/24'] });
    expect(networks).toContainEqual({ name: 'host', subnets: [] });
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

  it('leaves one alone that is as wanted', async () => {
    const own = (JSON.parse(dockerFixture('networks.json')) as { Name: string }[]).filter(
      (network) => network.Name === 'coreos',
    );
    const { docker, fake } = scriptedDocker([
      { command: inspectOwn, result: { stdout: JSON.stringify(own) } },
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
