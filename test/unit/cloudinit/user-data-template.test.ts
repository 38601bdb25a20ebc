import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderApplyScript } from '../../../src/cloudinit/apply-script.ts';
import { parseCloudConfig } from '../../../src/cloudinit/parse-cloud-config.ts';
import { renderTemplate } from '../../../src/provision/render.ts';

const file = 'cloud-config/coreos/user-data.hbs';
const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

function userData(
  edition: string,
  discoveryUrl = 'http://172.17.8.1:4002/5cfcf52e78c320d26dcc7ca3643044ee',
): string {
  return renderTemplate({ file, source, values: { edition, discoveryUrl, generation: 2 } });
}

describe('user-data.hbs', () => {
  it.each(['swarm', 'fleet'])('renders a valid cloud-config for the edition %s', async (edition) => {
    const text = userData(edition);
    await expect(text).toMatchFileSnapshot(`../../fixtures/golden/user-data-${edition}.yml`);
    expect(parseCloudConfig('user-data', text).coreos?.fleet === undefined).toBe(edition === 'swarm');
  });

  it("keeps the discovery URL byte for byte, whatever is in it: it is part of the members' identity", () => {
    const url = 'http://h/x?a="b"&c=#{d}\\%20';
    expect(parseCloudConfig('user-data', userData('swarm', url)).coreos?.etcd2?.['discovery']).toBe(url);
  });

  it('is applied by the script that it was when it was last looked at', async () => {
    const addresses = { publicIpv4: '172.17.8.101', privateIpv4: '172.17.8.101' };
    const script = renderApplyScript(parseCloudConfig('user-data', userData('fleet')), addresses);
    await expect(script).toMatchFileSnapshot('../../fixtures/golden/apply-fleet.sh');
  });
});
