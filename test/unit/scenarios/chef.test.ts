import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { packagedLab, stepOf, verdicts } from './packaged-lab.ts';
import type { PackagedLab } from './packaged-lab.ts';

/** A run of Cinc as it ends; the words are those of Chef's formatter `doc` (lib/chef/formatters/doc.rb). */
const run = (end: string): string => `Starting Cinc Client, version 18.6.2
Installing cookbook gem dependencies:
Compiling cookbooks...
Converging 5 resources
Recipe: codeit::default
  * docker_image[code.it] action build_if_missing (up to date)

Running handlers:
Running handlers complete
${end}
`;

let lab: PackagedLab;
beforeAll(async () => {
  lab = await packagedLab('chef', 'chef');
});

describe('scenarios/chef.yaml', () => {
  it('tells a run that changed something from one that did not, and both from one that failed', async () => {
    const titles = ['Chef has changed something, and finished', 'no resource was updated'];
    const judge = async (end: string): Promise<(string | undefined)[]> => {
      const first = await verdicts(lab, 'converge', {
        'first-run': run(end),
        'docker version': '20.10.24\n',
      });
      const second = await verdicts(lab, 'converge-again', { 'second-run': run(end) });
      return [first[titles[0] ?? ''], second[titles[1] ?? '']];
    };
    expect(await judge('Cinc Client finished, 9/12 resources updated in 01 minutes 02 seconds')).toEqual([
      ...['passed', 'failed'],
    ]);
    expect(await judge('Cinc Client finished, 0/12 resources updated in 02 seconds')).toEqual([
      ...['failed', 'passed'],
    ]);
    expect(await judge('Cinc Client finished, 10/12 resources updated in 02 seconds')).toEqual([
      ...['passed', 'failed'],
    ]);
    expect(await judge('Cinc Client failed. 3 resources updated in 05 seconds')).toEqual([
      'failed',
      'failed',
    ]);
  });

  it('opens the page of the container', async () => {
    const title = 'the container answers on port 80';
    expect((await verdicts(lab, 'converge', {}, { page: 'code.it on chef' }))[title]).toBe('passed');
    expect((await verdicts(lab, 'converge', {}, { page: 'Welcome to nginx!' }))[title]).toBe('failed');
    expect((await verdicts(lab, 'converge', {}))[title]).toBe('failed');
  });

  it("has the book's resources in the order in which they need each other", () => {
    const recipe = readFileSync(
      new URL('../../../scenarios/files/chef/codeit/recipes/default.rb', import.meta.url),
      'utf8',
    );
    const resources = [...recipe.matchAll(/^(\w+) '([^']+)' do$/gm)].map(
      ([, type, name]) => `${type ?? ''} ${name ?? ''}`,
    );
    expect(resources).toEqual([
      'docker_installation_package default',
      'link /usr/bin/dockerd',
      'docker_service default',
      'docker_image code.it',
      'docker_container code.it',
    ]);
    expect(recipe).not.toMatch(/^include_recipe/m);
  });

  it('fetches nothing from the internet beside its artifacts and Debian packages', () => {
    const client = readFileSync(new URL('../../../scenarios/files/chef/client.rb', import.meta.url), 'utf8');
    expect(client).toContain("gem_installer_bundler_options '--local'");
    const wanted = lab.scenario.steps.flatMap(({ artifacts }) => artifacts);
    expect(wanted).toEqual(Object.keys(lab.scenario.artifacts));
    expect(stepOf(lab, 'install-chef').artifacts).toEqual(['cinc']);
  });
});
