import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { validateCloudConfig } from '../../../src/cloudinit/validate-cloud-config.ts';
import { loadScenario } from '../../../src/load/load-scenario.ts';
import { scenarioNames } from '../../../src/load/scenario-folders.ts';
import { resolveParameters } from '../../../src/load/parameters.ts';
import { providerName } from '../../../src/model/scenario.ts';
import { renderTemplate } from '../../../src/provision/render.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folders = { scenariosDir: `${root}scenarios`, cloudConfigDir: `${root}cloud-config` };

describe('the user-data of all packaged scenarios', () => {
  it('is valid with every provider, in every edition', async () => {
    const checked: string[] = [];
    for (const name of await scenarioNames(folders)) {
      const { scenario } = await loadScenario(name, folders);
      for (const provider of providerName.options) {
        for (const edition of Object.keys(scenario.editions)) {
          for (const { role, userData } of scenario.machines) {
            const file = typeof userData === 'object' ? userData[provider] : userData;
            if (file === undefined) continue;
            const values = {
              ...resolveParameters(scenario, {}, {}, provider),
              provider,
              edition,
              lab: name,
              generation: 1,
              discoveryUrl: 'http://10.0.2.2:4002/5cfcf52e78c320d26dcc7ca3643044ee',
              authorizedKey: 'ssh-ed25519 AAAA lab',
            };
            const source = readFileSync(`${root}cloud-config/${file}`, 'utf8');
            const text = renderTemplate({ file, source, values });
            expect([file, validateCloudConfig('user-data', text)]).toEqual([file, []]);
            checked.push(`${name} ${provider} ${edition} ${role}`);
          }
        }
      }
    }
    const ways = ['docker fleet', 'docker swarm', 'virtualbox fleet', 'virtualbox swarm'];
    const clusters = ['chapter-5', 'coreos', 'coreos-loadbalancer'];
    expect(checked).toEqual(clusters.flatMap((name) => ways.map((way) => `${name} ${way} node`)));
  });
});
