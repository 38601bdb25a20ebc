import { readFileSync } from 'node:fs';
import { DockerCli } from '../../../../src/providers/docker/docker-cli.ts';
import { fakeExec } from '../../../support/fake-exec.ts';
import type { FakeExec, ScriptedCommand } from '../../../support/fake-exec.ts';

/** A recorded answer of docker 20.10.24 in test/fixtures/docker/. */
export function dockerFixture(name: string): string {
  return readFileSync(new URL(`../../../fixtures/docker/${name}`, import.meta.url), 'utf8');
}

/** A docker client that answers from a script. */
export function scriptedDocker(script: readonly ScriptedCommand[]): { docker: DockerCli; fake: FakeExec } {
  const fake = fakeExec(script);
  return { docker: new DockerCli(fake.exec), fake };
}

/** What docker prints when its engine does not run. */
export const engineDown = {
  exitCode: 1,
  stderr:
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
};

interface RecordedNetwork {
  Name: string;
  Labels: Record<string, string>;
}

/** The recorded networks, with the network `coreos` as this lab makes it now: with labels of its owner. */
export function ownNetworks(owner: { lab: string; home: string }, only?: string): string {
  const recorded = JSON.parse(dockerFixture('networks.json')) as RecordedNetwork[];
  const labels = {
    'chapterlab.network': 'coreos',
    'chapterlab.lab': owner.lab,
    'chapterlab.home': owner.home,
  };
  const networks = recorded.map((network) =>
    network.Name === 'coreos' ? { ...network, Labels: { ...network.Labels, ...labels } } : network,
  );
  return JSON.stringify(networks.filter(({ Name }) => only === undefined || Name === only));
}
