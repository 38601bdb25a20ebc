import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import { listScenarios } from '../../../src/load/list-scenarios.ts';
import { SourceError } from '../../../src/model/errors.ts';
import { formatError } from '../../../src/report/format-error.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** The folders of the fixtures, with files that are said to be there. */
const folders = {
  scenariosDir: fixtures,
  cloudConfigDir: '/cloud-config',
  vagrantDir: '/vagrant',
  listFiles: (folder: string) =>
    Promise.resolve(
      {
        [fixtures]: ['minimal.yaml', 'dokku.yaml', 'files/code.service', 'notes.txt'],
        [`${fixtures}/files`]: ['code.service'],
        '/cloud-config': ['coreos/user-data.hbs', 'coreos/user-data-flatcar.hbs'],
        '/vagrant': ['coreos/Vagrantfile', 'dokku/Vagrantfile'],
      }[folder] ?? [],
    ),
};

/** What a person reads about a broken fixture. */
async function complaint(name: string): Promise<string> {
  const error: unknown = await loadScenario(`${fixtures}/${name}.yaml`, folders).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SourceError);
  return formatError(error, { color: false }).replaceAll(`${fixtures}/`, '');
}

function load(text: string, name = './x.yaml') {
  return loadScenario(name, { ...folders, readFile: () => Promise.resolve(text) });
}

describe('loadScenario', () => {
  it('loads a scenario and fills in what may be left out', async () => {
    const { scenario, source, file } = await loadScenario(`${fixtures}/valid-minimal.yaml`, folders);
    expect(file).toBe(`${fixtures}/valid-minimal.yaml`);
    expect(scenario.machines[0]).toMatchObject({ name: 'core-01', optional: false, aliases: [] });
    expect(scenario.steps[0]?.checks[0]).toMatchObject({ expect: { exit: 0, contains: 'core-01' } });
    expect(source.position(['steps', 0, 'checks', 0, 'expect'], 'key')).toMatchObject({
      line: 21,
      column: 9,
    });
  });

  it.each(['invalid-syntax', 'invalid-alias', 'invalid-shape', 'invalid-references'])(
    '%s: tells all mistakes with their places',
    async (name) => {
      await expect(`${await complaint(name)}\n`).toMatchFileSnapshot(`${fixtures}/${name}.txt`);
    },
  );

  it('asks whether another name was meant', async () => {
    const unknown = loadScenario('minmal', folders);
    await expect(unknown).rejects.toMatchObject({
      code: 'LAB_SCENARIO_UNKNOWN',
      message: 'There is no scenario "minmal". Did you mean minimal?',
      details: {
        hint: 'The scenarios are: dokku, minimal. A file of your own is given by its path, e.g. ./minmal.yaml.',
      },
    });
    await expect(loadScenario('./no/such.yaml', folders)).rejects.toThrow(
      'The scenario file ./no/such.yaml cannot be read: it does not exist.',
    );
    await expect(loadScenario(`${fixtures}/`, folders)).rejects.toMatchObject({
      code: 'LAB_SCENARIO_UNKNOWN',
    });
  });

  it('wants a packaged scenario to be called as its file is', async () => {
    const text =
      "{ name: other, title: t, chapter: c, description: d, subnet: 10.0.0.0/24, machines: [{ role: a, project: coreos, name: a, count: 1, firstAddress: 2, memoryMb: 64, cpus: 1 }], steps: [{ id: s, title: s, checks: [{ title: t, hint: h, on: a, command: 'true' }] }] }";
    await expect(load(text, 'minimal')).rejects.toMatchObject({
      problems: [{ message: "'name' is 'other', but the file is minimal.yaml; they must agree" }],
    });
    expect((await load(text)).scenario.name).toBe('other');
  });

  it.each([
    ['an empty file', ''],
    ['a text', 'hello'],
    ['a list', '- a'],
    ['control characters', '\u0000\u0001: ['],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['very deep nesting', '['.repeat(20_000)],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((key, index) => `${key}: &${key} [${`*${'abcdefghi'[index] ?? ''},`.repeat(9)}]`)
        .join('\n')}`,
    ],
    ['keys of JavaScript', '__proto__: { a: 1 }\nconstructor: 1'],
  ])('answers %s with a mistake at a place', async (_, text) => {
    const error: unknown = await load(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SourceError);
    expect((error as SourceError).problems[0]?.position).toMatchObject({ file: './x.yaml' });
  });
});

describe('the packaged scenarios', () => {
  it('are valid and tell what they are', async () => {
    const scenarios = await listScenarios({
      scenariosDir: `${repository}/scenarios`,
      cloudConfigDir: `${repository}/cloud-config`,
      vagrantDir: `${repository}/vagrant`,
    });
    expect(scenarios.map((scenario) => scenario.name)).toEqual(expect.arrayContaining(['coreos', 'dokku']));
    expect(scenarios.find((scenario) => scenario.name === 'coreos')).toMatchObject({
      editions: [{ name: 'fleet' }, { name: 'swarm' }],
      optionalRoles: ['dokku'],
      parameters: { nodes: { default: 3, min: 1, max: 9 } },
    });
  });
});
