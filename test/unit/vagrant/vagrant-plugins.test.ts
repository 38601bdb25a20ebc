import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pluginProblems } from '../../../src/vagrant/vagrant-plugins.ts';

/** Written by Vagrant 2.3.4: vagrant-vbguest, and one that changes nothing by itself. */
const list = readFileSync(new URL('../../fixtures/vagrant-home/plugins.json', import.meta.url), 'utf8');

it('names the plugins that are in the way and how to remove them', async () => {
  const read = (path: string): Promise<string | undefined> =>
    Promise.resolve(path === '/home/u/.vagrant.d/plugins.json' ? list : undefined);
  const problems = await pluginProblems('/home/u/.vagrant.d', read);
  expect(problems).toEqual([
    {
      code: 'LAB_VAGRANT_PLUGIN',
      severity: 'warning',
      message: expect.stringContaining('vagrant-vbguest') as string,
      fix: '`vagrant plugin uninstall vagrant-vbguest`.',
    },
  ]);
});

it.each([undefined, '', 'no JSON', 'null', '{"installed":[]}', '{"installed":"vagrant-vbguest"}'])(
  'finds nothing in %j',
  async (text) => {
    expect(await pluginProblems('/home/u', () => Promise.resolve(text))).toEqual([]);
  },
);
