import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import { SourceError } from '../../../src/model/errors.ts';

const valid = `name: demo
title: Demo
chapter: "1"
description: d
subnet: 172.17.9.0/24
machines:
  - { role: web, project: server, name: web, count: 1, firstAddress: 10, memoryMb: 256, cpus: 1 }
steps:
  - id: one
    title: One
    run:
      - { on: web, command: touch /tmp/x }
      - { on: web, file: page.hbs, to: /page }
    checks:
      - title: it is there
        on: web
        command: test -e /tmp/x
        hint: look
`;

/** What is wrong with the scenario after these changes: line, column and message of each mistake. */
async function mistakes(changes: Record<string, string>, page = 'hello'): Promise<string[]> {
  const text = Object.entries(changes).reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, to);
  }, valid);
  const loading = loadScenario('./demo.yaml', {
    scenariosDir: '.',
    vagrantDir: '/vagrant',
    readFile: (path) => Promise.resolve(path.endsWith('.hbs') ? page : text),
    listFiles: (folder) =>
      Promise.resolve({ files: ['page.hbs'], '/vagrant': ['server/Vagrantfile'] }[folder] ?? []),
  });
  const problems = await loading.then(
    () => [],
    (error: unknown) => (error instanceof SourceError ? error.problems : Promise.reject(error as Error)),
  );
  return problems.map(({ position, message }) => {
    const file = position?.file === './demo.yaml' ? '' : `${position?.file ?? ''}:`;
    return `${file}${position?.line ?? 0}:${position?.column ?? 0} ${message}`;
  });
}

it('the scenario is valid as it is', async () => {
  expect(await mistakes({})).toEqual([]);
});

describe('mistakes of different kinds', () => {
  it('are all told at once, in their order', async () => {
    const changes = {
      'title: Demo': 'titel: Demo',
      'chapter: "1"': 'chapter: 1',
      'project: server': 'project: sever',
      'touch /tmp/x }': '"touch {{nope}}" }\n      - { on: wbe, comand: ls, timeout: 30 }',
      'hint: look': 'hint: look\n        hint: again\n        within: 5 s',
    };
    expect(await mistakes(changes, 'a\n{{machine.nam}}')).toEqual([
      "2:1 unrecognised key 'titel' — did you mean 'title'?",
      "3:10 'chapter' must be a text, found the number 1",
      "7:27 'sever' is not a folder under vagrant/ — did you mean 'server'?",
      '12:36 in a template: the value "nope" is missing',
      "13:15 'wbe' is not a machine, nor a word for several — did you mean 'web'?",
      "13:20 unrecognised key 'comand' — did you mean 'command'?",
      "13:41 'timeout' must be a text, found the number 30",
      '20:9 This key is there twice.',
      "21:17 'within' must be a whole number with s or m, e.g. 30s or 2m, found the text '5 s'",
      'files/page.hbs:2:3 The value "machine.nam" is missing.',
    ]);
  });

  it('do not bring forth others: what is made up to go on is never blamed', async () => {
    expect(await mistakes({ 'subnet: 172.17.9.0/24': 'subnet: here', 'memoryMb: 256, ': '' })).toEqual([
      "5:9 'subnet' must be a /24 network, e.g. 172.17.8.0/24, found the text 'here'",
      "7:5 entry 1 of 'machines' lacks the key 'memoryMb'",
    ]);
    // Whatever refers to the machine's name cannot be judged.
    expect(await mistakes({ 'name: web': 'name: 5' })).toHaveLength(1);
    expect(await mistakes({ 'on: web\n': 'onn: web\n', 'test -e /tmp/x': '"{{nope}}"' })).toEqual([
      "16:9 unrecognised key 'onn' — did you mean 'on'?",
      '17:19 in a template: the value "nope" is missing',
    ]);
  });
});

describe('an entry of several possible shapes', () => {
  const run = '{ on: web, command: touch /tmp/x }';
  const request = 'http: { machine: web, port: 80 }';
  const look = 'on: web\n        command: test -e /tmp/x';
  it.each<[string, Record<string, string>, string[]]>([
    [
      'says too much',
      { [run]: '{ on: web, command: x, file: y, to: /z }' },
      ["12:32 entry 1 of 'run' has 'command', 'file', which exclude each other"],
    ],
    [
      'says nothing',
      { [run]: '{ on: web }' },
      ["12:9 entry 1 of 'run' needs one of the keys 'command', 'file', 'artifact', 'machine'"],
    ],
    [
      'lacks what goes with its kind',
      { [run]: '{ on: web, power: stop }' },
      ["12:9 entry 1 of 'run' lacks the key 'machine'", "12:11 unrecognised key 'on'"],
    ],
    [
      'is mistyped',
      { [run]: '{ on: web, fiel: page.hbs, to: /x }' },
      ["12:20 unrecognised key 'fiel' — did you mean 'file'?"],
    ],
    [
      'is a check of both kinds',
      { [look]: `${look}\n        ${request}` },
      ["18:9 entry 1 of 'checks' has 'on', 'http', which exclude each other"],
    ],
    [
      'is a check of no kind',
      { [look]: 'expect: { contains: a }' },
      ["15:9 entry 1 of 'checks' needs one of the keys 'on', 'http'"],
    ],
    [
      'has a value of several kinds',
      { [look]: `${look}\n        expect: { exit: never }` },
      ["18:25 'exit' must be a number or nonzero, found the text 'never'"],
    ],
    [
      'is the second of a list',
      { 'hint: look': 'hint: look\n      - { title: t, on: web, hint: h }' },
      ["19:9 entry 2 of 'checks' lacks the key 'command'"],
    ],
  ])('that %s', async (_, changes, expected) => {
    expect(await mistakes(changes)).toEqual(expected);
  });
});

describe('what a step says of itself', () => {
  const runs = valid.slice(valid.indexOf('    run:'), valid.indexOf('    checks:'));
  it.each<[string, Record<string, string>, string[]]>([
    [
      'undo and idempotent without run',
      { [runs]: '    undo: [{ on: web, command: x }]\n    idempotent: true\n' },
      [
        "11:5 'undo' takes back what 'run' did, but this step has no 'run': it only looks",
        "12:5 'idempotent' says that 'run' can be done again, but this step has no 'run': it only looks",
      ],
    ],
    [
      'undo of nothing, and a check that holds before, where nothing is done',
      { [runs]: '    undo: []\n', 'hint: look': 'hint: look\n        holdsBefore: true' },
      [],
    ],
    [
      'mistakes in undo',
      {
        '    checks:':
          '    undo: [{ on: wbe, command: "{{x.y}}" }, { on: web, file: pag.hbs, to: y }]\n    checks:',
      },
      [
        "14:18 'wbe' is not a machine, nor a word for several — did you mean 'web'?",
        '14:33 in a template: the value "x.y" is missing',
        "14:62 'pag.hbs' is not a file in the scenario's files/ — did you mean 'page.hbs'?",
        '14:75 a path on a machine starts with "/"',
      ],
    ],
    [
      'mistakes in a mutation',
      {
        'hint: look':
          'hint: look\n        mutation: { on: wbe, command: "{{#if a}}", undo: "{{machin.name}}" }',
      },
      [
        "19:25 'wbe' is not a machine, nor a word for several — did you mean 'web'?",
        '19:40 this template cannot be read: a {{ or a block is not closed',
        '19:59 in a template: the value "machin.name" is missing',
      ],
    ],
    [
      'units of the host',
      { 'on: web\n': 'on: host\n', 'hint: look': 'hint: look\n        units: ["{{nope}}"]' },
      [
        "19:9 'units' are looked at on the check's machine, and this check runs on the host",
        '19:18 in a template: the value "nope" is missing',
      ],
    ],
    [
      'the machine where there is none',
      {
        '{ on: web, command: touch /tmp/x }': '{ on: host, command: "ping {{machine.name}} {{first.name}}" }',
      },
      ['12:36 in a template: the value "machine.name" is missing'],
    ],
    [
      'values inside of a block',
      { 'touch /tmp/x }': '"{{#each machines}}{{nam}} {{../lab}}{{/each}}" }' },
      ['12:48 in a template: the value "nam" is missing'],
    ],
    ['Markdown is no template', { '    title: One': '    title: One\n    text: Mind the `{{.Names}}`.' }, []],
  ])('%s', async (_, changes, expected) => {
    expect(await mistakes(changes)).toEqual(expected);
  });
});

it('templates of several lines are blamed on the line', async () => {
  const block = {
    '- { on: web, command: touch /tmp/x }':
      '- on: web\n        command: |\n          ls\n          echo {{nope}}\n          {{/if}}',
  };
  expect(await mistakes(block)).toEqual([
    '16:11 this template cannot be read: this closes a block that is not open',
  ]);
});

it('two groups of machines cannot have one project or one name', async () => {
  const group =
    '  - { role: db, project: server, name: web, count: 1, firstAddress: 20, memoryMb: 256, cpus: 1 }';
  expect(await mistakes({ 'steps:': `${group}\nsteps:` })).toEqual([
    "8:26 'server' is the project of 'web' already; each group needs one of its own",
    "8:40 'web' is the name of 'web' already",
  ]);
});

it('a name that is nearly one gets a suggestion', async () => {
  expect(await mistakes({ 'name: demo': 'name: My Lab' })).toEqual([
    "1:7 'name' must be lower-case letters, digits and hyphens, at most 40, found the text 'My Lab' — did you mean 'my-lab'?",
  ]);
});

describe('a scenario that includes others', () => {
  const own = valid
    .replace('steps:', 'include: [{ scenario: other, role: web }]\nsteps:')
    .replace('    run:', '    needs: [other-first, other-frist]\n    artifacts: [tool]\n    run:');
  const other = valid
    .replace('name: demo', 'name: other')
    .replace('id: one', 'id: first')
    .replace(
      'steps:',
      'artifacts: { tool: { url: "https://example.org/t", architectures: [amd64], obtain: Ask. } }\nsteps:',
    );
  async function problems(files: Record<string, string>): Promise<string[]> {
    const loading = loadScenario('./demo.yaml', {
      scenariosDir: '.',
      readFile: (path) => Promise.resolve(path === './demo.yaml' ? own : (files[path] ?? 'hello')),
      listFiles: (folder) => Promise.resolve(folder === 'files' ? ['page.hbs'] : Object.keys(files)),
    });
    const error: unknown = await loading.catch((reason: unknown) => reason);
    if (!(error instanceof SourceError)) throw new Error('it was valid');
    return error.problems.map(({ position, message }) => `${position?.file ?? ''}: ${message}`);
  }

  it('may refer to their steps and artifacts', async () => {
    expect(await problems({ 'other.yaml': other })).toEqual([
      "./demo.yaml: 'other-frist' is not the id of a step — did you mean 'other-first'?",
    ]);
  });

  it('is told what is wrong with them in their own files, and which is not there', async () => {
    expect(await problems({ 'other.yaml': other.replace('hint: look', 'hnit: look') })).toEqual([
      "other.yaml: unrecognised key 'hnit' — did you mean 'hint'?",
    ]);
    expect(await problems({ 'othr.yaml': other })).toEqual([
      "./demo.yaml: 'other' is not a scenario beside this one — did you mean 'othr'?",
    ]);
  });
});
