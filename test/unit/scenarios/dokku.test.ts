import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagedLab, runForReal, stepOf, temporaryFolder, verdicts } from './packaged-lab.ts';
import type { PackagedLab } from './packaged-lab.ts';

/** A push as git shows it: docs/deployment/application-deployment.md of Dokku with the texts of plugins/common/functions. */
const transcript = `Enumerating objects: 7, done.
Writing objects: 100% (7/7), 1.1 MiB | 30.00 MiB/s, done.
Total 7 (delta 0), reused 0 (delta 0), pack-reused 0
remote: -----> Cleaning up...
remote: -----> Building codeit from Dockerfile
remote: #1 building with "default" instance using docker driver
remote: -----> Releasing codeit...
remote: -----> Checking for predeploy task
remote: -----> Deploying codeit via the docker-local scheduler...
remote: -----> Deploying web (count=1)
remote:  !     Detected potential issue: none
remote: =====> Application deployed:
remote:        http://codeit.dokku.me
remote:
To dokku.me:codeit
 * [new branch]      main -> main
`;
const failed = `${transcript.split('remote: -----> Releasing')[0] ?? ''}remote:  !     App build failed
To dokku.me:codeit
 ! [remote rejected] main -> main (pre-receive hook declined)
error: failed to push some refs to 'dokku.me:codeit'
`;

let lab: PackagedLab;
beforeAll(async () => {
  lab = await packagedLab('dokku', 'dokku');
});

/** The verdicts with a transcript of the push in the lab's folder on this host. */
async function withTranscript(
  id: string,
  text: string,
  answers: Parameters<typeof verdicts>[2] = {},
): Promise<Record<string, string>> {
  const work = await temporaryFolder();
  await writeFile(join(work, 'codeit-push.txt'), text);
  return verdicts(lab, id, answers, { work });
}

describe('scenarios/dokku.yaml', () => {
  it('has two ways to the same Dokku, each stopped by the first part that cannot be had', () => {
    const of = (edition: string): string[] =>
      lab.scenario.steps.filter((step) => step.edition === edition).map(({ id }) => id);
    expect([of('bootstrap'), of('packages')]).toEqual([['install-dokku'], ['install-packages']]);
    expect(stepOf(lab, 'install-dokku').artifacts).toEqual(['dokku-bootstrap']);
    expect(stepOf(lab, 'install-packages').artifacts).toEqual(['docker-key', 'dokku-key']);
    const titles = (id: string): string[] => stepOf(lab, id).checks.map(({ title }) => title);
    expect(titles('install-packages')).toEqual(titles('install-dokku'));
  });

  it('finds the deployment in the transcript of a push, and nothing in that of one that failed', async () => {
    const answers = { 'ps:report': 'true\n', curl: 'code.it (container 0123)\n' };
    expect(Object.values(await withTranscript('push-codeit', transcript, answers))).toEqual([
      ...['passed', 'passed', 'passed'],
    ]);
    const title = 'Dokku says that it is deployed, and where';
    for (const wrong of [failed, '', transcript.replace('codeit.dokku.me', '10.0.0.2:49154')])
      expect((await withTranscript('push-codeit', wrong, answers))[title], wrong).toBe('failed');
  });

  it('asks for the phases in the order of the book', async () => {
    const title = "the phases come in the book's order";
    const phases = async (text: string): Promise<string | undefined> =>
      (await withTranscript('receive-chain', text))[title];
    expect(await phases(transcript)).toBe('passed');
    expect(await phases(failed)).toBe('failed');
    const swapped = transcript
      .replace('Releasing', 'X')
      .replace('Deploying', 'Releasing')
      .replace('X', 'Deploying');
    expect(await phases(swapped.replace('Deploying web', 'Starting web'))).toBe('failed');
  });

  it('reads what Dokku prints of its domain, keys, ports and applications', async () => {
    // docs/configuration/domains.md, docs/deployment/user-management.md, docs/networking/port-management.md, application-management.md
    const domains =
      '       Domains global enabled:        true\n       Domains global vhosts:         dokku.me\n';
    const set = (text: string): Promise<Record<string, string>> =>
      verdicts(lab, 'set-domain', { 'domains:report': text });
    expect(await set(domains)).toEqual({ 'the global domain is set': 'passed' });
    expect(await set(domains.replace('dokku.me', 'dokku.me.example'))).toEqual({
      'the global domain is set': 'failed',
    });
    const key = 'SHA256:ABC123 NAME="chapterlab" SSHCOMMAND_ALLOWED_KEYS="no-agent-forwarding"\n';
    const listed = await verdicts(
      lab,
      'add-key',
      { 'ssh-keys:list': key },
      { work: await temporaryFolder() },
    );
    expect(listed['the key is listed']).toBe('passed');
    const ports = `-----> Port mappings for codeit
-----> scheme             host port                 container port
http                      80                        5000
`;
    const title = 'nginx: port 80 of the machine goes to the port that the container was given';
    const routed = (text: string): Promise<Record<string, string>> =>
      withTranscript('receive-chain', transcript, { 'ports:list': text });
    expect((await routed(ports))[title]).toBe('passed');
    expect((await routed(ports.replace('80   ', '5000 ')))[title]).toBe('failed');
    const apps = '=====> My Apps\ncodeit\n';
    const gone = (text: string): Promise<Record<string, string>> =>
      verdicts(lab, 'destroy-app', {
        'apps:list': text,
        'http://first-app': { exitCode: 52 },
        'http://codeit': 'code.it\n',
      });
    expect(Object.values(await gone(apps))).toEqual(['passed', 'passed', 'passed']);
    expect(Object.values(await gone(`${apps}first-app\n`))).toEqual(['failed', 'passed', 'passed']);
  });

  it('takes away only a Docker without buildx', async () => {
    const [action] = stepOf(lab, 'make-room').run;
    const command = action !== undefined && 'command' in action ? action.command : '';
    const sudo = 'echo "$@" >> calls; echo "$@" >&3';
    const play = (docker: string): ReturnType<typeof runForReal> =>
      runForReal(lab, `exec 3>&1; ${command}`, { docker, sudo });
    expect((await play('exit 0')).stdout).toBe('');
    expect((await play('echo "docker: buildx is not a docker command" >&2; exit 1')).stdout).toContain(
      'apt-get remove -y docker.io containerd runc',
    );
  });
});
