import { parseAddress, subnetPrefix } from '../model/cidr.ts';
import type { LabState } from '../model/lab-state.ts';
import { machineUser, type Machine } from '../model/machine.ts';
import { userDataTemplate } from '../model/user-data-template.ts';
import type { MachineGroup, Scenario } from '../model/scenario.ts';
import type { Provider, VagrantSettings } from '../providers/provider.ts';
import { renderBox } from './render-box.ts';
import type { RunContext } from './run-context.ts';

/** What the files of one Vagrant project are rendered from. */
export interface RenderProjectRequest {
  project: string;
  scenario: Scenario;
  machines: readonly Machine[];
  state: Pick<
    LabState,
    'lab' | 'parameters' | 'provider' | 'subnet' | 'edition' | 'generation' | 'linkedClones'
  >;
  privateKeyPath: string;
  /** `ssh-ed25519 BASE64 COMMENT`. */
  authorizedKey: string;
  /** Name of the lab's private network; undefined where it has none. */
  network: string | undefined;
  provider: Pick<Provider, 'vagrantSettings'>;
  readAsset: RunContext['readAsset'];
  render: RunContext['render'];
}

/** Name to content of a project's files: `Vagrantfile` as it came, `config.rb`, and `user-data` where the group has one. */
export async function renderProject(request: RenderProjectRequest): Promise<Record<string, string>> {
  const { project, scenario, machines, readAsset, render } = request;
  const own = machines.filter((machine) => machine.project === project);
  const first = own[0];
  const group = scenario.machines.find((candidate) => candidate.role === first?.role);
  if (first === undefined || group === undefined) return {};
  const configTemplate = 'config.rb.hbs';
  const settings = await projectSettings(first, own, group, request);
  const files: Record<string, string> = {
    Vagrantfile: await readAsset('vagrant', `${project}/Vagrantfile`),
    [`${request.state.provider}.rb`]: await readAsset('vagrant', `${request.state.provider}.rb`),
    'config.rb': render(configTemplate, await readAsset('vagrant', configTemplate), {
      settings: Object.entries(settings).map(([key, value]) => ({ key, value })),
    }),
  };
  const userData = userDataTemplate(group, request.state.provider);
  if (userData !== undefined) {
    const values = userDataValues(request);
    files['user-data'] = render(userData, await readAsset('cloud-config', userData), values);
  }
  return files;
}

async function projectSettings(
  first: Machine,
  own: readonly Machine[],
  group: MachineGroup,
  request: RenderProjectRequest,
): Promise<VagrantSettings> {
  const { state, privateKeyPath, authorizedKey, network, provider, render } = request;
  const further = Object.entries(group.settings).map(([key, template]) => [
    key,
    render('scenario', template, state.parameters),
  ]);
  return {
    num_instances: own.length,
    machine_names: own.map((machine) => machine.name),
    instance_name_prefix: first.name.replace(/-\d+$/, ''),
    vm_memory: first.memoryMb,
    vm_cpus: first.cpus,
    subnet_prefix: subnetPrefix(first.address),
    first_address: (parseAddress(first.address) ?? 0) % 256,
    ...(Object.fromEntries(further) as VagrantSettings),
    lab: state.lab,
    provider: state.provider,
    ssh_username: machineUser,
    private_key_path: privateKeyPath,
    ...(await provider.vagrantSettings({
      lab: state.lab,
      network,
      authorizedKey,
      // A lone machine gains nothing from a master that stays.
      linkedClones: state.linkedClones ?? own.length > 1,
      box: renderBox(group, state.parameters, render),
    })),
  };
}

function userDataValues({ state, authorizedKey }: RenderProjectRequest): Record<string, unknown> {
  return {
    ...state.parameters,
    provider: state.provider,
    authorizedKey,
    edition: state.edition,
    discoveryUrl: state.generation?.discoveryUrl,
    generation: state.generation?.number,
    lab: state.lab,
  };
}
