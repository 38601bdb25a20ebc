import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { replaceBlock } from '../../host/block.ts';
import { renderSshConfig } from '../../host/ssh-config.ts';
import { loadScenario } from '../../load/load-scenario.ts';
import { renderTemplate } from '../../provision/render.ts';
import { renderProject } from '../../run/render-project.ts';
import type { LabState } from '../../model/lab-state.ts';
import { machineUser } from '../../model/machine.ts';
import type { CommandInput } from '../command-input.ts';
import { packageFolders } from '../package-folders.ts';
import { prepareUp, type Preparation, type UpFlags } from '../prepare-up.ts';
import { print } from '../print.ts';
import { scenarioFlags } from '../scenario-flags.ts';
import { assetReader, createTools } from '../tools.ts';

interface RenderOptions extends UpFlags {
  out: string;
  set?: string[];
}

/** Stands where `lab up` puts a real token; made so that no service can mistake it for one. */
const exampleUrl = 'http://discovery.invalid/00000000000000000000000000000000';
const exampleKey = 'ssh-ed25519 REPLACE-WITH-YOUR-PUBLIC-KEY';

/** `lab render`: the files of a lab in a folder, without making or changing anything else. */
export async function render(
  name: string,
  options: RenderOptions,
  words: readonly string[],
  input: CommandInput,
): Promise<void> {
  const tools = createTools();
  const loaded = await loadScenario(name, packageFolders);
  const given = scenarioFlags(words, options.set);
  // The URL is only written down: no service is asked.
  const { discoveryUrl = exampleUrl, ...flags } = options;
  const preparation = await prepareUp(loaded, flags, given, undefined, tools, input.signal);
  const files = await renderAll(preparation, resolve(options.out), discoveryUrl);
  for (const [path, content] of Object.entries(files)) {
    const target = join(options.out, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    print(target);
  }
}

async function renderAll(
  { scenario, scenarioFile, provider, facts, request }: Preparation,
  out: string,
  discoveryUrl: string,
): Promise<Record<string, string>> {
  const { machines, lab, parameters, subnet, edition } = request;
  const members = machines
    .filter((machine) => machine.role === scenario.discovery?.role)
    .map((machine) => machine.name);
  const state: LabState = {
    version: 1,
    lab,
    scenario: scenario.name,
    provider: provider.name,
    ...(edition === undefined ? {} : { edition }),
    parameters,
    with: [],
    subnet,
    machines,
    generation: { number: 1, members, discoveryUrl, applied: {} },
    hostKeys: {},
    steps: {},
  };
  const files: Record<string, string> = {};
  const privateKeyPath = join(out, 'id_ed25519');
  for (const project of new Set(machines.map((machine) => machine.project))) {
    const rendered = await renderProject({
      project,
      scenario,
      machines,
      state,
      privateKeyPath,
      authorizedKey: exampleKey,
      network: request.privateNetwork ? request.networkName : undefined,
      provider,
      readAsset: assetReader(scenarioFile),
      render: (file, source, values) => renderTemplate({ file, source, values }),
    });
    for (const [file, content] of Object.entries(rendered)) files[join(project, file)] = content;
  }
  const lines = machines.map(({ address, name, aliases }) => `${address}\t${[name, ...aliases].join(' ')}`);
  files['hosts'] = replaceBlock(Buffer.from(''), lab, lines).toString();
  // Forwarded ports are chosen when the machines boot.
  if (facts.provider.forwardsPorts || !request.privateNetwork) return files;
  files['ssh_config'] = renderSshConfig({
    lab,
    hosts: machines.map(({ name, aliases, address }) => ({
      name,
      aliases,
      endpoint: { host: address, port: 22 },
      user: machineUser,
    })),
    privateKeyPath,
    knownHostsPath: join(out, 'known_hosts'),
  });
  return files;
}
