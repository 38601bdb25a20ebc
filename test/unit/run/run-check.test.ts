import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { CommandError, UsageError } from '../../../src/model/errors.ts';
import type { Machine } from '../../../src/model/machine.ts';
import type { Check, CommandCheck, HttpCheck } from '../../../src/model/scenario.ts';
import type { CheckContext } from '../../../src/run/check-context.ts';
import { runCheck } from '../../../src/run/run-check.ts';
import { virtualClock } from '../../support/virtual-clock.ts';

function machine(name: string, address: string, role = 'node'): Machine {
  return { name, role, address, project: 'coreos', memoryMb: 512, cpus: 1, aliases: [] };
}

const machines = [
  machine('core-01', '172.17.8.101'),
  machine('core-02', '172.17.8.102'),
  machine('core-03', '172.17.8.103'),
  machine('dokku', '172.17.8.100', 'dokku'),
];

/** A lab whose commands and servers answer as the test says; `on` is a machine's name, or `host`. */
function fakeLab(
  answers: {
    run?: (on: string, command: string, attempt: number, timeoutMs: number) => string;
    get?: (url: string, attempt: number) => { status: number; body: string };
    /** Machines whose ports this host has no way to. */
    unpublished?: readonly string[];
  },
  controller = new AbortController(),
) {
  const clock = virtualClock();
  const calls: string[] = [];
  const attempt = (call: string): number => {
    calls.push(call);
    return calls.filter((other) => other === call).length;
  };
  const run = (on: string, command: string, timeoutMs: number) => {
    const number = attempt(`${on}: ${command}`);
    const stdout = answers.run?.(on, command, number, timeoutMs) ?? '';
    return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
  };
  const context: CheckContext = {
    machines,
    render: (template, extra) =>
      Handlebars.compile(template, { noEscape: true, strict: true })({
        nodes: 3,
        first: machines[0],
        last: machines[2],
        ...extra,
      }),
    runOn: (name, command, timeoutMs) => run(name, command, timeoutMs),
    runOnHost: (command, timeoutMs) => run('host', command, timeoutMs),
    requestFrom: (name, port, path) =>
      answers.unpublished?.includes(name) === true
        ? Promise.reject(
            new CommandError('LAB_PORT_UNPUBLISHED', `Port ${port} of ${name} is not published.`),
          )
        : Promise.resolve({ url: `http://${name}:${port}${path}` }),
    http: {
      request: async ({ url }) => {
        const number = attempt(url);
        const answer = answers.get?.(url, number);
        if (answer === undefined) throw new Error('connect ECONNREFUSED');
        return Promise.resolve({ ...answer, headers: {} });
      },
      download: () => Promise.reject(new Error('not expected')),
    },
  };
  const play = (check: Check) => runCheck(check, context, { clock, signal: controller.signal });
  return { play, calls, clock };
}

function command(fields: Partial<CommandCheck>): CommandCheck {
  return {
    title: 'a check',
    hint: 'look',
    on: '{{first.name}}',
    command: 'uptime',
    expect: { exit: 0 },
    ...fields,
  };
}

function request(fields: Partial<HttpCheck>): HttpCheck {
  const http = { machine: 'all', port: 80, path: '/' };
  return { title: 'a check', hint: 'look', http, expect: { status: 200 }, ...fields };
}

describe('runCheck with commands', () => {
  it('renders everything with the machine and reports what was seen', async () => {
    const lab = fakeLab({ run: () => 'members: 3\n' });
    const results = await lab.play(
      command({
        title: '{{machine.name}} sees {{nodes}} members',
        command: 'members {{machine.address}}',
        hint: '`lab ssh {{machine.name}}`',
        expect: { exit: 0, contains: 'members: {{nodes}}' },
      }),
    );
    expect(results).toEqual([
      {
        title: 'core-01 sees 3 members',
        status: 'passed',
        machine: 'core-01',
        command: 'members 172.17.8.101',
        expected: 'exit status 0\nthe text "members: 3"',
        actual: 'members: 3',
        hint: '`lab ssh core-01`',
        seconds: 0,
      },
    ]);
  });

  it('tries each machine again on its own, and only until it passes', async () => {
    const lab = fakeLab({ run: (on, _, attempt) => (on === 'core-02' && attempt < 3 ? 'no' : 'ready') });
    const check = command({ on: 'all', within: '30s', expect: { exit: 0, contains: 'ready' } });
    const results = await lab.play(check);
    expect(results.map(({ machine: name, status }) => [name, status])).toEqual([
      ['core-01', 'passed'],
      ['core-02', 'passed'],
      ['core-03', 'passed'],
    ]);
    expect(lab.calls.filter((call) => call.startsWith('core-01')).length).toBe(1);
    expect(lab.calls.filter((call) => call.startsWith('core-02')).length).toBe(3);
  });

  it('tries once without `within`, and fails at the deadline with it', async () => {
    const once = fakeLab({ run: () => 'no' });
    const check = command({ expect: { exit: 0, contains: 'ready' } });
    expect(await once.play(check)).toMatchObject([
      { status: 'failed', actual: '"ready" is not in the output\nno' },
    ]);
    expect(once.calls.length).toBe(1);
    const late = fakeLab({ run: () => 'no' });
    const [result] = await late.play({ ...check, within: '1s' });
    expect(result).toMatchObject({
      status: 'failed',
      actual: expect.stringContaining('after 4 attempts') as string,
    });
    expect(late.clock.now()).toBeLessThanOrEqual(1_000);
  });

  it('takes a lost connection for a failed attempt', async () => {
    const lost = new CommandError('LAB_SSH_FAILED', 'core-01 refuses the connection');
    const lab = fakeLab({
      run: (_on, _command, attempt) => {
        if (attempt === 1) throw lost;
        return 'ready';
      },
    });
    expect(await lab.play(command({ within: '10s' }))).toMatchObject([{ status: 'passed' }]);
    const [result] = await fakeLab({
      run: () => {
        throw lost;
      },
    }).play(command({}));
    expect(result).toMatchObject({ status: 'failed', actual: 'core-01 refuses the connection' });
  });

  it('says what to do about a machine that does not answer, not what the check is about', async () => {
    const play = async (details: { hint?: string }): Promise<string | undefined> => {
      const run = (): never => {
        throw new CommandError('LAB_SSH_FAILED', 'core-01 refuses the connection', details);
      };
      return (await fakeLab({ run }).play(command({ hint: 'look at etcd' })))[0]?.hint;
    };
    expect(await play({ hint: 'start the machine' })).toBe('start the machine');
    expect(await play({})).toBe('look at etcd');
  });

  it('gives a command no more time than is left, and tells what was seen before it was cut off', async () => {
    const limits: number[] = [];
    const lab = fakeLab({
      run: (_on, _command, attempt, timeoutMs) => {
        limits.push(timeoutMs);
        lab.clock.advance(attempt === 1 ? 1_000 : timeoutMs);
        if (attempt > 1) throw new CommandError('LAB_COMMAND_TIMEOUT', 'uptime did not end in time');
        return 'two of three';
      },
    });
    const [result] = await lab.play(
      command({ within: '5s', expect: { exit: 0, contains: 'three of three' } }),
    );
    expect(limits).toEqual([5_000, 3_750]);
    expect(result).toMatchObject({
      status: 'failed',
      actual: expect.stringContaining('two of three') as string,
    });
  });

  it('throws what trying again cannot mend', async () => {
    const lab = fakeLab({
      run: () => {
        throw new CommandError('LAB_HOST_KEY_CHANGED', 'another host key');
      },
    });
    await expect(lab.play(command({ on: 'all', within: '30s' }))).rejects.toThrow('another host key');
    await expect(fakeLab({}).play(command({ command: '{{nothing}}' }))).rejects.toThrow('nothing');
  });

  it('ends with the reason of the signal', async () => {
    const controller = new AbortController();
    const lab = fakeLab(
      {
        run: () => {
          controller.abort(new Error('Ctrl-C'));
          throw new CommandError('LAB_SSH_FAILED', 'connection closed');
        },
      },
      controller,
    );
    await expect(lab.play(command({ on: 'all', within: '30s' }))).rejects.toThrow('Ctrl-C');
  });

  it('runs where it is told', async () => {
    const lab = fakeLab({});
    for (const on of ['host', 'others', 'remaining', 'dokku']) await lab.play(command({ on, command: on }));
    expect(lab.calls).toEqual([
      'host: host',
      'core-02: others',
      'core-03: others',
      'core-01: remaining',
      'core-02: remaining',
      'dokku: dokku',
    ]);
    const wrong = lab.play(command({ on: 'core-3' }));
    await expect(wrong).rejects.toBeInstanceOf(UsageError);
    await expect(wrong).rejects.toThrow('The lab has no machine "core-3". Did you mean core-03?');
  });
});

describe('runCheck with requests', () => {
  it('takes a port that there is no way to for a silent one', async () => {
    const lab = fakeLab({ unpublished: ['core-03'], get: () => ({ status: 200, body: 'well' }) });
    const lost = request({ http: { machine: '{{last.name}}', port: 80, path: '/' } });
    expect(await lab.play({ ...lost, expect: { unreachable: true } })).toMatchObject([
      {
        ...{ status: 'passed', machine: 'core-03', command: 'curl http://172.17.8.103:80/' },
        actual: 'no answer: Port 80 of core-03 is not published.',
      },
    ]);
    expect(await lab.play(lost)).toMatchObject([{ status: 'failed', expected: 'HTTP 200' }]);
  });

  it('asks the machines where the provider says they are', async () => {
    const lab = fakeLab({ get: (url) => ({ status: 200, body: `it is ${url}` }) });
    const results = await lab.play(request({ expect: { contains: '{{machine.name}}' } }));
    expect(results).toMatchObject([
      { machine: 'core-01', command: 'curl http://core-01:80/', status: 'passed' },
      { machine: 'core-02', status: 'passed' },
      { machine: 'core-03', status: 'passed' },
    ]);
  });

  it('waits for an answer, and for silence', async () => {
    const starting = fakeLab({
      get: (_, attempt) => (attempt < 3 ? { status: 502, body: '' } : { status: 200, body: '' }),
    });
    const one = { machine: '{{last.name}}', port: 80, path: '/' };
    expect(await starting.play(request({ http: one, within: '5s' }))).toMatchObject([
      { status: 'passed', seconds: 0.5 },
    ]);
    const silent = fakeLab({});
    expect(await silent.play(request({ http: one, expect: { unreachable: true } }))).toMatchObject([
      { status: 'passed', actual: 'no answer: connect ECONNREFUSED' },
    ]);
    expect(await silent.play(request({ http: one, within: '1s' }))).toMatchObject([{ status: 'failed' }]);
  });
});
