import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labSandbox, type LabSandbox } from '../support/lab-process.ts';
import { saveLab } from '../support/saved-lab.ts';

const brokenYaml = 'name: broken\ntitle: [unclosed\n';
const missingValue = `name: missing
title: A template asks for what is not there
chapter: "1"
description: d
subnet: 172.17.8.0/24
machines:
  - { role: node, project: coreos, name: core-01, count: 1, firstAddress: 101, memoryMb: 512, cpus: 1 }
steps:
  - id: one
    title: one
    checks:
      - { title: t, hint: h, on: all, command: "echo {{nowhere}}" }
`;

/** One lab is there, with the machines core-01 to core-03. */
let sandbox: LabSandbox;
beforeAll(async () => {
  sandbox = await labSandbox();
  await saveLab(sandbox);
  await writeFile(join(sandbox.dir, 'broken.yaml'), brokenYaml);
  await writeFile(join(sandbox.dir, 'missing.yaml'), missingValue);
  await writeFile(join(sandbox.dir, 'user-data'), '#cloud-config\ncoreos:\n  etcd2:\n    peer-addr: x\n');
});
afterAll(() => sandbox.remove());

/** Code, the words that must be said, exit status. */
type Verdict = [code: string, says: string[], exitCode?: number];

const table: [command: string, verdict: Verdict][] = [
  ['lst', ['LAB_USAGE', ["Unknown command 'lst'", 'Did you mean list?']]],
  ['discovery sereve', ['LAB_USAGE', ['Did you mean serve?']]],
  ['--frobnicate', ['LAB_USAGE', ["Unknown option '--frobnicate'"]]],
  ['list --frobnicate', ['LAB_USAGE', ["Unknown option '--frobnicate'"]]],
  ['up', ['LAB_USAGE', ["Missing required argument 'scenario'"]]],
  ['render coreos', ['LAB_USAGE', ["'--out <dir>' not specified"]]],
  ['up dokuu', ['LAB_SCENARIO_UNKNOWN', ['no scenario "dokuu"', 'Did you mean dokku?']]],
  ['list kubernetes', ['LAB_SCENARIO_UNKNOWN', ['The scenarios are: ', './kubernetes.yaml']]],
  ['up ./nowhere.yaml', ['LAB_SCENARIO_UNKNOWN', ['./nowhere.yaml', 'does not exist']]],
  ['render coreos --out x --nodes 0', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not "0"']]],
  ['render coreos --out x --nodes 10', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not "10"']]],
  ['render coreos --out x --nodes -1', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not "-1"']]],
  ['render coreos --out x --nodes 2.5', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not "2.5"']]],
  ['up coreos --nodes x', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not "x"', 'lab list coreos']]],
  ['up coreos --nodes=', ['LAB_PARAMETER_INVALID', ['from 1 to 9, not empty']]],
  ['up coreos --nodes', ['LAB_USAGE', ['Give --nodes a value']]],
  ['up coreos --nods 3', ['LAB_PARAMETER_INVALID', ['no parameter nods', 'did you mean nodes?']]],
  [
    'up coreos --set colour=red',
    ['LAB_PARAMETER_INVALID', ['no parameter colour', 'there are nodes, memory']],
  ],
  ['up coreos --set colour', ['LAB_USAGE', ['--set NAME=VALUE']]],
  ['up coreos --channel betta', ['LAB_PARAMETER_INVALID', ['did you mean beta?']]],
  ['up coreos -n 3', ['LAB_USAGE', ['"-n"', 'lab up coreos --nodes 3']]],
  ['up --nodes 3 coreos', ['LAB_USAGE', ['The scenario comes first']]],
  [
    'up coreos --cpus 0 --colour red',
    ['LAB_PARAMETER_INVALID', ['2 parameters are wrong', 'cpus must be', 'colour']],
  ],
  [
    'render coreos --out x --edition flet',
    ['LAB_PARAMETER_INVALID', ['no edition "flet"', 'Did you mean fleet?']],
  ],
  ['prefetch coreos --edition flet', ['LAB_PARAMETER_INVALID', ['no edition "flet"']]],
  ['render coreos --out x --edition x', ['LAB_PARAMETER_INVALID', ['Choose from: auto, fleet, swarm']]],
  ['up dokku --provider dockr', ['LAB_PROVIDER_UNSUPPORTED', ['"dockr"', 'Did you mean docker?']]],
  ['up dokku --provider hyperv', ['LAB_PROVIDER_UNSUPPORTED', ['It can drive: virtualbox, docker']]],
  ['up coreos --provider hyperv', ['LAB_PROVIDER_UNSUPPORTED', ['was made with the provider docker']]],
  ['up coreos --with doku', ['LAB_PARAMETER_INVALID', ['no optional machine "doku"', 'Choose from: dokku']]],
  ['up dokku --subnet 10.0.0.0/8', ['LAB_PARAMETER_INVALID', ['must be a /24 network, not "10.0.0.0/8"']]],
  ['up dokku --subnet 127.0.0.0/24', ['LAB_PARAMETER_INVALID', ['must be a /24 network']]],
  [
    'up coreos --subnet 10.9.9.0/24',
    ['LAB_PARAMETER_INVALID', ['its subnet is 10.119.3.0/24, not 10.9.9.0/24']],
  ],
  ['up coreos --edition fleet', ['LAB_PARAMETER_INVALID', ['its edition is swarm, not fleet']]],
  [
    'up coreos --with dokku --dokku-address 10.0.0.2',
    ['LAB_PARAMETER_INVALID', ['its subnet is 10.119.3.0/24, not 10.0.0.0/24']],
  ],
  ['up coreos --nodes 2', ['LAB_PARAMETER_INVALID', ['--nodes is 3, not 2', 'lab destroy coreos']]],
  ['up coreos --discovery-port 70000', ['LAB_USAGE', ['"70000" is no port']]],
  [
    'render coreos --out x --with dokku --dokku-address 1.2.3',
    ['LAB_PARAMETER_INVALID', ['"1.2.3" is no IPv4 address']],
  ],
  ['discovery serve --port http', ['LAB_USAGE', ['"http" is no port']]],
  ['discovery serve --bind 192.0.2.7', ['LAB_ADDRESS_MISSING', ['192.0.2.7'], 4]],
  ['status nowhere', ['LAB_NOT_UP', ['no lab "nowhere"']]],
  ['env cores', ['LAB_NOT_UP', ['Did you mean coreos?']]],
  ['env --shell csh', ['LAB_USAGE', ['"csh" is no shell', 'sh or fish']]],
  ['completion csh', ['LAB_USAGE', ['bash, zsh or fish']]],
  [
    'play --only lose-nod --dry-run',
    ['LAB_STEP_UNKNOWN', ['no step "lose-nod" in the swarm edition', 'lose-node']],
  ],
  ['play --only start-fleet --dry-run', ['LAB_STEP_UNKNOWN', ['no step "start-fleet" in the swarm edition']]],
  ['play --from stop --until start --dry-run', ['LAB_STEP_UNKNOWN', ['comes after', '--from and --until']]],
  ['check --only nothing', ['LAB_STEP_UNKNOWN', ['no step "nothing"']]],
  ['ssh core-04', ['LAB_MACHINE_UNKNOWN', ['no machine "core-04"', 'Did you mean core-0']]],
  ['ssh web', ['LAB_MACHINE_UNKNOWN', ['The machines are: core-01, core-02, core-03']]],
  ['destroy', ['LAB_CONFIRMATION_NEEDED', ['No terminal to ask on: Remove lab coreos', '--yes']]],
  ['play --reporter fancy', ['LAB_USAGE', ['fancy', 'list, plain, json']]],
  ['validate broken.yaml', ['LAB_SCENARIO_INVALID', ['broken.yaml:3:1', 'must be sufficiently indented'], 3]],
  [
    'up ./missing.yaml',
    ['LAB_SCENARIO_INVALID', ['missing.yaml:12:54 in a template: the value "nowhere"', '^^^'], 3],
  ],
  [
    'validate missing.yaml broken.yaml',
    ['LAB_SCENARIO_INVALID', ['2 files', 'missing.yaml:12', 'broken.yaml:'], 3],
  ],
  [
    'validate missing.yaml ./nowhere.yaml',
    ['LAB_SCENARIO_INVALID', ['2 files', 'missing.yaml:12', './nowhere.yaml cannot be read'], 3],
  ],
  ['validate ./', ['LAB_SCENARIO_UNKNOWN', ['it is a folder']]],
  ['new "My', ['LAB_USAGE', ['cannot be the name of a scenario', 'lab new my']]],
  ['new coreos', ['LAB_USAGE', ['comes with lab', 'lab new my-coreos']]],
  ['new mine --dir nowhere', ['LAB_USAGE', ['There is no folder nowhere', '--dir']]],
  ['new mine --dir user-data', ['LAB_USAGE', ['"user-data" is no folder']]],
  ['new user-data', ['LAB_FOLDER_TAKEN', ['There is a file user-data already', '--dir']]],
  ['validate ./user-data', ['LAB_CLOUD_CONFIG_INVALID', ['user-data:4:5 There is no key "peer-addr"'], 3]],
];

describe('bad input', () => {
  it.each(table)('lab %s', async (command, [code, says, expected = 2]) => {
    const { exitCode, stdout, stderr } = await sandbox.run(command.split(' '));
    expect(stderr.split('\n')).toContain(`  ${code}, see docs/errors/${code}.md`);
    for (const words of says) expect(stderr).toContain(words);
    expect([exitCode, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/^Error: [A-Z0-9"`-]/);
    // A mistake in a file is shown where it is; all else says what to do.
    expect(stderr).toMatch(expected === 3 ? /:\d+:\d+ / : /what to do: /);
  });
});

it('asks for a lab where there is none, and for its name where there are several', async () => {
  const empty = await labSandbox();
  try {
    for (const command of ['play', 'check', 'down', 'env', 'destroy', 'ssh core-01']) {
      const { exitCode, stderr } = await empty.run(command.split(' '));
      expect([command, exitCode, stderr.split('\n')[0]]).toEqual([command, 2, 'Error: There is no lab.']);
    }
    await saveLab(empty);
    await saveLab({ ...empty, paths: () => empty.paths('other') });
    const { exitCode, stderr } = await empty.run(['env']);
    expect([exitCode, stderr.split('\n')[0]]).toEqual([2, 'Error: There are several labs: coreos, other.']);
  } finally {
    await empty.remove();
  }
});

it('says at once what stands in the way of commands on machines', async () => {
  const own = await labSandbox();
  try {
    await saveLab(own);
    for (const command of ['play', 'check']) {
      const { exitCode, stdout, stderr } = await own.run([command]);
      expect([command, exitCode, stdout]).toEqual([command, 2, '']);
      expect(stderr).toContain('Error: No machine of lab coreos is running.');
      expect(stderr).toContain('`lab up coreos` starts them.');
    }
    // What an engine that does not answer has running is not known: nothing to do would be a guess.
    for (const command of ['play', 'check', 'down', 'ssh core-01']) {
      const { exitCode, stdout, stderr } = await own.run(command.split(' '), {
        env: { FAKE_DOCKER: 'down' },
      });
      expect([command, exitCode, stdout]).toEqual([command, 4, '']);
      expect(stderr).toContain('LAB_DOCKER_UNREACHABLE');
    }
  } finally {
    await own.remove();
  }
});
