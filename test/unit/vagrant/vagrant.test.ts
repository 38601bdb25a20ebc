import { describe, expect, it } from 'vitest';
import { LabError } from '../../../src/model/errors.ts';
import { Vagrant } from '../../../src/vagrant/vagrant.ts';
import type { MachineOutcome } from '../../../src/vagrant/machine-outcomes.ts';
import { fakeExec } from '../../support/fake-exec.ts';
import type { FakeExec, ScriptedResult } from '../../support/fake-exec.ts';
import { vagrantTranscript } from './vagrant-transcript.ts';

const three = ['core-01', 'core-02', 'core-03'];
const signal = new AbortController().signal;

interface Run {
  fake: FakeExec;
  vagrant: Vagrant;
  log: string[];
}

function vagrantThatAnswers(result: ScriptedResult): Run {
  const fake = fakeExec([{ command: /^vagrant /, result }]);
  const log: string[] = [];
  const vagrant = new Vagrant({
    exec: fake.exec,
    provider: 'docker',
    together: true,
    logLine: (line) => log.push(line),
    logPath: '/state/run.log',
  });
  return { fake, vagrant, log };
}

async function up(
  run: Run,
  machines: readonly string[] = three,
): Promise<{ outcomes: MachineOutcome[]; progress: string[] }> {
  const progress: string[] = [];
  const outcomes = await run.vagrant.up('/lab/coreos', {
    machines,
    onProgress: (machine, text) => progress.push(`${machine ?? '-'}: ${text}`),
    signal,
  });
  return { outcomes, progress };
}

async function errorOf(promise: Promise<unknown>): Promise<LabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof LabError) return error;
  throw new Error('no LabError was thrown', { cause: error });
}

describe('Vagrant.up', () => {
  it('boots all machines, says what each does, and logs every line', async () => {
    const transcript = vagrantTranscript('vagrant-docker/up-3-mr.txt');
    const run = vagrantThatAnswers(transcript);
    const { outcomes, progress } = await up(run);
    expect(outcomes).toEqual(three.map((name) => ({ name, ok: true })));
    expect(progress.filter((line) => line.startsWith('core-02'))).toEqual([
      'core-02: Creating and configuring docker networks...',
      'core-02: Creating the container...',
      'core-02: Enabling network interfaces...',
      'core-02: Starting container...',
      'core-02: Waiting for machine to boot. This may take a few minutes...',
      'core-02: Machine booted and ready!',
    ]);
    expect(run.log.join('\n')).toBe(transcript.stdout.trimEnd());
    expect(run.fake.calls).toEqual([
      'vagrant up --provider docker core-01 core-02 core-03 --machine-readable',
    ]);
    expect(run.fake.options[0]).toMatchObject({
      cwd: '/lab/coreos',
      env: { VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1' },
    });
  });

  it.each([
    ['up-address-taken-mr.txt', 'core-02', 'Error response from daemon: Address already in use'],
    ['up-name-taken-mr.txt', 'core-03', 'The container name "/coreos-core-03" is already in use'],
  ])('tells the machine that failed from those that are up (%s)', async (name, failed, reason) => {
    const { outcomes } = await up(vagrantThatAnswers(vagrantTranscript(`vagrant-docker/${name}`)));
    expect(outcomes.filter((outcome) => outcome.ok).map((outcome) => outcome.name)).toEqual(
      three.filter((machine) => machine !== failed),
    );
    const outcome = outcomes.find((candidate) => candidate.name === failed);
    expect(outcome?.message).toContain(reason);
    expect(outcome?.message).not.toContain('notify');
  });

  it('blames the machine at work, and none after it, where machines boot one after the other', async () => {
    const run = vagrantThatAnswers(vagrantTranscript('vagrant-virtualbox/err-name-mr.txt'));
    const { outcomes } = await up(run, ['default', 'core-02']);
    const [first, second] = outcomes;
    expect(first?.error).toMatchObject({ code: 'LAB_NAME_TAKEN', details: { machine: 'default' } });
    expect(second).toEqual({
      name: 'core-02',
      ok: false,
      message: 'was not tried, because another machine failed before it',
    });
  });

  it.each([
    ['vagrant-docker/up-engine-down-mr.txt', 'LAB_VAGRANT_FAILED', 'Cannot connect to the Docker daemon'],
    ['vagrant-docker/up-no-config-mr.txt', 'LAB_VAGRANTFILE_FAILED', 'config.rb is missing'],
    ['vagrant-docker/up-config-syntax-mr.txt', 'LAB_VAGRANTFILE_FAILED', 'config.rb:1: unterminated string'],
    ['vagrant-virtualbox/err-vagrantfile-raise-mr.txt', 'LAB_VAGRANTFILE_FAILED', 'boom (RuntimeError)'],
    ['vagrant-virtualbox/err-validate-mr.txt', 'LAB_VAGRANTFILE_FAILED', "shouldn't exist: nosuch"],
    ['vagrant-virtualbox/err-hostonly-mr.txt', 'LAB_NETWORK_FAILED', 'VBoxNetAdpCtl'],
  ])('throws where no machine is to blame (%s)', async (name, code, words) => {
    const error = await errorOf(up(vagrantThatAnswers(vagrantTranscript(name))));
    expect(error.code).toBe(code);
    expect(error.details.output).toContain(words);
    expect(error.details).toMatchObject({ logPath: '/state/run.log' });
    expect(error.details.command).toContain('vagrant up');
  });

  it('a timeout is a timeout, a missing vagrant is a missing vagrant', async () => {
    const late = await errorOf(up(vagrantThatAnswers({ exitCode: undefined, timedOut: true })));
    expect(late.code).toBe('LAB_COMMAND_TIMEOUT');
    const missing = await errorOf(up(vagrantThatAnswers({ exitCode: undefined, notFound: true })));
    expect(missing.code).toBe('LAB_VAGRANT_MISSING');
  });
});

describe('Vagrant with one process a machine', () => {
  const upOf = (machine: string): string => `vagrant up --provider virtualbox ${machine} --machine-readable`;

  it('boots each machine on its own, the first ahead of the others', async () => {
    const fake = fakeExec([
      { command: upOf('core-02'), result: vagrantTranscript('vagrant-virtualbox/err-name-mr.txt') },
      { command: /^vagrant up/, result: { stdout: '1,,ui,info,Waiting for machine to boot.\n' } },
    ]);
    const vagrant = new Vagrant({ exec: fake.exec, provider: 'virtualbox', together: false });
    const options = { machines: three, atOnce: 2, onProgress: () => undefined, signal };
    const outcomes = await vagrant.up('/lab/coreos', options);
    expect(outcomes.map(({ name, ok }) => `${name} ${String(ok)}`)).toEqual([
      'core-01 true',
      'core-02 false',
      'core-03 true',
    ]);
    expect(fake.calls).toEqual(three.map(upOf));
  });

  it('begins no other machine where the first says that none can be made', async () => {
    const missing = vagrantTranscript('vagrant-virtualbox/err-vbox-none-up--providervirtualbox.txt');
    const fake = fakeExec([{ command: /^vagrant up/, result: missing }]);
    const vagrant = new Vagrant({ exec: fake.exec, provider: 'virtualbox', together: false });
    const options = { machines: three, onProgress: () => undefined, signal };
    const error = await errorOf(vagrant.up('/lab/coreos', options));
    expect(error.code).toBe('LAB_VIRTUALBOX_MISSING');
    expect(fake.calls).toEqual([upOf('core-01')]);
  });

  it('destroys the others although one cannot be destroyed', async () => {
    const fake = fakeExec([
      { command: /core-01/, result: vagrantTranscript('vagrant-virtualbox/err-locked-up-mr.txt') },
      { command: /^vagrant destroy/ },
    ]);
    const vagrant = new Vagrant({ exec: fake.exec, provider: 'virtualbox', together: false });
    const error = await errorOf(vagrant.destroy('/lab/coreos', three, signal));
    expect(error.code).toBe('LAB_MACHINE_LOCKED');
    expect(fake.calls).toHaveLength(3);
  });
});

describe('Vagrant', () => {
  it('stops with care and destroys without', async () => {
    const run = vagrantThatAnswers(vagrantTranscript('vagrant-docker/destroy-3-mr.txt'));
    await run.vagrant.halt('/lab/coreos', ['core-02'], signal);
    await run.vagrant.destroy('/lab/coreos', three, signal);
    expect(run.fake.calls).toEqual([
      'vagrant halt core-02 --machine-readable',
      'vagrant destroy --force --parallel core-01 core-02 core-03 --machine-readable',
    ]);
    expect(run.fake.options[0]?.env).not.toHaveProperty('LAB_STOP_TIMEOUT');
    expect(run.fake.options[1]?.env).toMatchObject({ LAB_STOP_TIMEOUT: '0' });
  });

  it('throws what Vagrant says when a machine cannot be stopped', async () => {
    const run = vagrantThatAnswers(vagrantTranscript('vagrant-virtualbox/err-locked-up-mr.txt'));
    const error = await errorOf(run.vagrant.halt('/lab/coreos', ['core-01'], signal));
    expect(error.code).toBe('LAB_MACHINE_LOCKED');
    expect(error.details.output).toContain('another process is already executing an action');
  });

  it('reads the states of all machines', async () => {
    const run = vagrantThatAnswers(vagrantTranscript('vagrant-virtualbox/status-3running-mr.txt'));
    const seen = await run.vagrant.status('/lab/coreos', signal);
    expect(seen?.map(({ name }) => name)).toEqual(three);
    expect(await vagrantThatAnswers({ exitCode: 1 }).vagrant.status('/lab/coreos', signal)).toBeUndefined();
  });

  it.each([
    [{ stdout: 'Vagrant 2.3.4\n' }, []],
    [{ stdout: 'Vagrant 2.4.9\n' }, []],
    [{ stdout: 'Vagrant 2.2.19\n' }, ['LAB_VAGRANT_VERSION']],
    [{ stdout: '', stderr: 'cannot load such file -- vagrant\n', exitCode: 1 }, ['LAB_VAGRANT_VERSION']],
    [{ exitCode: undefined, notFound: true }, ['LAB_VAGRANT_MISSING']],
  ])('judges the version %j', async (result, codes) => {
    const problems = await vagrantThatAnswers(result).vagrant.problems(signal);
    expect(problems.map((problem) => problem.code)).toEqual(codes);
  });
});
