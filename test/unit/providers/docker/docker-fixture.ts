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
