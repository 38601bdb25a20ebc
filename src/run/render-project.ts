import { parseAddress, subnetPrefix } from '../model/cidr.ts';
import type { LabState } from '../model/lab-state.ts';
import { machineUser, type Machine } from '../model/machine.ts';
import type { MachineGroup, Scenario } from '../model/scenario.ts';
import type { VagrantSettings } from '../providers/provider.ts';
import type { RunContext } from './run-context.ts';

/** What the files of one Vagrant project are rendered from. */
export interface RenderProjectRequest {
  project: string;
  scenario: Scenario;
  machines: readonly Machine[];
  state: Pick<LabState, 'lab' | 'parameters' | 'subnet' | 'edition' | 'generation'>;
  privateKeyPath: string;
  providerSettings: VagrantSettings;
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
  const settings = Object.entries(projectSettings(first, own.length, group, request)).map(([key, value]) => ({
    key,
    value,
  }));
  const files: Record<string, string> = {
    Vagrantfile: await readAsset('vagrant', `${project}/Vagrantfile`),
    'config.rb': render(configTemplate, await readAsset('vagrant', configTemplate), { settings }),
  };
  if (group.userData !== undefined) {
    files['user-data'] = render(
      group.userData,
      await readAsset('cloud-config', group.userData),
      userDataValues(request),
    );
  }
  return files;
}

function projectSettings(
  first: Machine,
  count: number,
  group: MachineGroup,
  request: RenderProjectRequest,
): VagrantSettings {
  const { state, privateKeyPath, providerSettings, render } = request;
  const further = Object.entries(group.settings).map(([key, template]) => [
    key,
    render('scenario', template, state.parameters),
  ]);
  return {
    num_instances: count,
    instance_name_prefix: first.name.replace(/-\d+$/, ''),
    vm_memory: first.memoryMb,
    vm_cpus: first.cpus,
    subnet_prefix: subnetPrefix(first.address),
    first_address: (parseAddress(first.address) ?? 0) % 256,
    ...(Object.fromEntries(further) as VagrantSettings),
    lab: state.lab,
    ssh_username: machineUser,
    private_key_path: privateKeyPath,
    ...providerSettings,
  };
}

function userDataValues({ state }: RenderProjectRequest): Record<string, unknown> {
  return {
    ...state.parameters,
    edition: state.edition,
    discoveryUrl: state.generation?.discoveryUrl,
    generation: state.generation?.number,
    lab: state.lab,
  };
}
