import type { LoadedScenario } from '../load/load-scenario.ts';
import { resolveParameters } from '../load/parameters.ts';
import type { Problem } from '../model/errors.ts';
import type { Facts } from '../model/facts.ts';
import type { LabState } from '../model/lab-state.ts';
import { hostAddress, loopback } from '../model/cidr.ts';
import type { Scenario } from '../model/scenario.ts';
import { chooseEdition } from '../plan/choose-edition.ts';
import { expandMachines, wantedGroups } from '../plan/expand-machines.ts';
import type { UpRequest } from '../plan/plan-up.ts';
import { preflight } from '../plan/preflight.ts';
import { recordedParameters } from '../plan/recorded-parameters.ts';
import { selectSteps } from '../plan/select-steps.ts';
import { rememberSecrets } from '../run/mask-secrets.ts';
import { boxesOf } from '../run/render-box.ts';
import { renderTemplate } from '../provision/render.ts';
import type { Provider } from '../providers/provider.ts';
import { Journal } from '../host/journal.ts';
import { sshKeyPaths } from '../host/ssh-key.ts';
import { labPaths, projectDir } from '../state/lab-home.ts';
import { observe } from '../state/observe.ts';
import { Vagrant } from '../vagrant/vagrant.ts';
import { obtainableArtifacts } from './artifact-source.ts';
import { askedRoles } from './asked-roles.ts';
import { askedSubnet } from './asked-subnet.ts';
import { askedEdition } from './asked-edition.ts';
import { assertSameLab } from './assert-same-lab.ts';
import { chooseProvider } from './choose-provider.ts';
import { discoveryProblems } from './discovery-problems.ts';
import { networkProblems } from './network-problems.ts';
import { machinesAtOnce } from './machines-at-once.ts';
import { labSubnet } from './lab-subnet.ts';
import { networkNameOf } from './run-session.ts';
import { subnetsOfOtherLabs } from './subnets-of-labs.ts';
import type { Tools } from './tools.ts';

/** What the command line of `lab up` says, and its relatives. */
export interface UpFlags {
  provider?: string;
  edition?: string;
  subnet?: string;
  with?: string[];
  discoveryUrl?: string;
  discoveryPort?: string;
  /** How many machines boot at the same time at most. */
  parallel?: string;
  linkedClones?: boolean;
  /** False with --no-play. */
  play?: boolean;
}

/** Everything that was decided and found out before planning, host set-up apart. */
export interface Preparation {
  scenario: Scenario;
  scenarioFile: string;
  provider: Provider;
  facts: Facts;
  request: Omit<UpRequest, 'hostsFile' | 'sshConfigFile' | 'loadKey' | 'stateChanges' | 'discoveryPort'>;
  roles: string[];
  /** Errors and warnings of the preflight. */
  problems: Problem[];
}

/** Observes and chooses for `lab up`; changes nothing. Throws usage errors. */
export async function prepareUp(
  { scenario, file, reference }: LoadedScenario,
  flags: UpFlags,
  given: Record<string, string>,
  state: LabState | undefined,
  tools: Tools,
  signal: AbortSignal,
): Promise<Preparation> {
  const chosen = chooseProvider(flags.provider ?? 'auto', state?.provider, tools);
  const values = { ...recorded(scenario, state), ...given };
  rememberSecrets(scenario, state?.parameters ?? {});
  const parameters = resolveParameters(scenario, values, process.env, chosen.provider.name);
  rememberSecrets(scenario, parameters);
  const roles = askedRoles(scenario, [...(state?.with ?? []), ...(flags.with ?? [])]);
  const wanted = askedSubnet(flags.subnet, wantedGroups(scenario, roles), parameters);
  const { edition: asked } = flags;
  assertSameLab(scenario, state, parameters, {
    reference,
    ...(asked === undefined ? {} : { edition: asked }),
    ...(wanted === undefined ? {} : { subnet: wanted }),
  });
  const edition = askedEdition(scenario, flags.edition ?? 'auto');
  const facts = await observeLab(scenario, chosen, edition === 'auto', state, tools, signal);
  const editionChoice = chooseEdition(scenario, edition, state?.edition, facts);
  const privateNetwork = scenario.privateNetwork || chosen.provider.needsNetwork;
  const subnet = labSubnet(scenario, wanted, state, privateNetwork, facts);
  const render = (source: string, values: Record<string, unknown>): string =>
    renderTemplate({ file, source, values });
  const machines = expandMachines(scenario, parameters, roles, subnet.subnet, render);
  const networkName = networkNameOf(scenario.name);
  const gateway = privateNetwork ? hostAddress(subnet.subnet, 1) : loopback;
  const network = {
    name: networkName,
    present: facts.networkPresent,
    isForeign: facts.networkIsForeign === true,
  };
  const journal = new Journal(labPaths(tools.home, scenario.name).journal, tools.clock);
  const problems = [
    ...subnet.problems,
    ...(await networkProblems(scenario.name, network, journal)),
    ...(privateNetwork && facts.provider.noPrivateNetwork !== undefined
      ? [facts.provider.noPrivateNetwork]
      : []),
    ...(editionChoice?.problems ?? []),
    ...(await discoveryProblems(flags, state, tools, signal)),
    ...preflight(machines, scenario.discovery?.role, facts),
  ];
  return {
    scenario,
    scenarioFile: file,
    provider: chosen.provider,
    facts,
    roles,
    problems,
    request: {
      scenario,
      lab: scenario.name,
      parameters,
      machines,
      edition: editionChoice?.name,
      subnet: subnet.subnet,
      networkName,
      privateNetwork,
      boxes: chosen.provider.usesBoxes
        ? boxesOf(wantedGroups(scenario, roles), parameters, (file, source, values) =>
            renderTemplate({ file, source, values }),
          )
        : [],
      parallel: flags.parallel === undefined ? undefined : machinesAtOnce(flags.parallel),
      steps: flags.play === false ? [] : selectSteps(scenario, editionChoice?.name),
      discoveryUrl: flags.discoveryUrl,
      hostAccess: chosen.provider.hostAccess({ name: networkName, subnet: subnet.subnet, gateway }),
      reasons: [subnet.reason, ...(editionChoice === undefined ? [] : [editionChoice.reason])],
      warnings: problems
        .filter((problem) => problem.severity === 'warning')
        .map((problem) => `${problem.message} ${problem.fix}`),
    },
  };
}

async function observeLab(
  scenario: Scenario,
  { provider, reason }: { provider: Provider; reason: string },
  chooses: boolean,
  state: LabState | undefined,
  tools: Tools,
  signal: AbortSignal,
): Promise<Facts> {
  const lab = scenario.name;
  const paths = labPaths(tools.home, lab);
  const facts = await observe({
    provider,
    providerReason: reason,
    state,
    networkName: networkNameOf(lab),
    networkOwner: { lab, home: tools.home },
    vagrantProblems: new Vagrant({
      exec: tools.exec,
      provider: provider.name,
      together: provider.bootsTogether,
    }).problems(signal),
    artifacts: obtainableArtifacts(scenario, tools, {
      provider: provider.name,
      probe: chooses && state === undefined,
      signal,
    }),
    labDir: paths.dir,
    projectDir: (project) => projectDir(tools.home, lab, project),
    privateKey: sshKeyPaths(paths.dir).privateKeyPath,
    signal,
  });
  // Also those that are not there yet: two labs may begin at the same moment.
  return { ...facts, usedSubnets: [...facts.usedSubnets, ...(await subnetsOfOtherLabs(lab, tools))] };
}

/** Parameters of a lab that is there count as given. */
function recorded(scenario: Scenario, state: LabState | undefined): Record<string, string> {
  const entries = Object.entries(recordedParameters(scenario, state));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
