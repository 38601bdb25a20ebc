import { resolve } from 'node:path';
import { systemHostsFile } from '../host/hosts-file.ts';
import type { LoadedScenario } from '../load/load-scenario.ts';
import { UsageError } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import type { Plan } from '../model/plan.ts';
import { planUp, type UpRequest } from '../plan/plan-up.ts';
import { hostPreflight } from '../plan/preflight.ts';
import { userSshConfig, type HostSetUpContext } from '../run/host-set-up.ts';
import { maskAll } from '../run/mask-secrets.ts';
import { observeHost } from '../run/observe-host.ts';
import { labPaths } from '../state/lab-home.ts';
import { loadState } from '../state/state-file.ts';
import { assertReady } from './assert-ready.ts';
import { foreignHostCommands, type HostCommands } from './assert-trusted.ts';
import { assertWhole } from './assert-whole.ts';
import { confirm } from './confirm.ts';
import { portNumber } from './port-number.ts';
import { prepareUp, type Preparation, type UpFlags } from './prepare-up.ts';
import type { ReportFlags } from './report-flags.ts';
import type { SessionRequest } from './run-session.ts';
import type { Tools } from './tools.ts';

/** What the command line says of a lab that is to be brought up. */
export interface LabOptions extends UpFlags, ReportFlags {
  set?: string[];
  hosts: boolean;
  hostsFile?: string;
  sshConfig: boolean;
  agent: boolean;
  yes?: boolean;
  /** Commands of a scenario file on this computer are agreed to. */
  trust?: true;
}

/** A plan that brings a lab up, and what running it takes. */
export interface LabPlan {
  plan: Plan;
  session: Pick<SessionRequest, 'state' | 'scenario' | 'scenarioFile' | 'networkName' | 'provider'>;
  /** The hosts file is to be written with sudo. */
  asksForSudo: boolean;
  /** What the scenario runs on this computer and nobody has agreed to yet. */
  untrusted: HostCommands | undefined;
}

/** Observes and plans what `lab up` would do; changes nothing. Throws usage errors and LAB_PREFLIGHT. */
export async function planLab(
  loaded: LoadedScenario,
  options: LabOptions,
  given: Record<string, string>,
  tools: Tools,
  signal: AbortSignal,
): Promise<LabPlan> {
  const lab = loaded.scenario.name;
  const before = await loadState(labPaths(tools.home, lab).state);
  if (before !== undefined) assertWhole(before);
  const preparation = await prepareUp(loaded, options, given, before, tools, signal);
  const foreign = foreignHostCommands(loaded);
  const state: LabState = {
    ...nextState(before, preparation, loaded.reference, options.linkedClones),
    ...(foreign === undefined ? {} : { trusted: foreign.digest }),
  };
  const files = hostFiles(options, before, preparation);
  const hostSetUp: HostSetUpContext = {
    home: tools.home,
    lab,
    exec: tools.exec,
    clock: tools.clock,
    confirm: (question) => confirm(question, options.yes === true, signal),
    signal,
  };
  const { scenario, scenarioFile, provider, facts, request } = preparation;
  const host = await observeHost({ state, machines: request.machines, provider, ...files, hostSetUp });
  const complete: UpRequest = {
    ...request,
    parameters: maskAll(request.parameters),
    ...files,
    loadKey: options.agent,
    stateChanges:
      before === undefined || !facts.filesPresent || JSON.stringify(before) !== JSON.stringify(state),
    discoveryPort: options.discoveryPort === undefined ? 0 : portNumber(options.discoveryPort),
  };
  const plan = planUp(complete, facts, host);
  assertReady([...preparation.problems, ...hostPreflight(host, files)]);
  const asksForSudo = host.hostsNeedSudo && plan.tasks.some((task) => task.kind === 'write-hosts');
  const networkName = request.privateNetwork ? request.networkName : undefined;
  const untrusted = foreign?.digest === before?.trusted ? undefined : foreign;
  return { plan, session: { state, scenario, scenarioFile, networkName, provider }, asksForSudo, untrusted };
}

/** Better now than when the machines are up. Throws LAB_CONFIRMATION_NEEDED. */
export function assertCanAsk({ yes }: LabOptions): void {
  if (yes === true || process.stdin.isTTY) return;
  throw new UsageError(
    'LAB_CONFIRMATION_NEEDED',
    'The hosts file needs sudo, and there is no terminal to ask on.',
    {
      hint: 'Add --yes, or --no-hosts to leave it alone, or --hosts-file FILE to write another.',
    },
  );
}

/** What the state will say once the plan has begun; all that earlier runs found out is kept. */
function nextState(
  before: LabState | undefined,
  { request, provider, roles }: Preparation,
  scenarioReference: string,
  linkedClones: boolean | undefined,
): LabState {
  const { lab, edition, parameters, subnet, machines } = request;
  const kept = before ?? { hostKeys: {}, steps: {} };
  return {
    ...kept,
    version: 1,
    lab,
    scenario: before?.scenario ?? scenarioReference,
    provider: provider.name,
    ...(edition === undefined ? {} : { edition }),
    parameters,
    with: roles,
    subnet,
    machines,
    ...(linkedClones === undefined ? {} : { linkedClones }),
  };
}

/** Which files of the host are to be written. Names that lead nowhere from this host are not written at all. */
function hostFiles(
  options: LabOptions,
  before: LabState | undefined,
  { facts, request }: Preparation,
): { hostsFile: string | undefined; sshConfigFile: string | undefined } {
  const wantsHosts = options.hosts && request.privateNetwork && !facts.provider.forwardsPorts;
  // `lab destroy` may be called from another folder.
  const asked = options.hostsFile === undefined ? undefined : resolve(options.hostsFile);
  return {
    hostsFile: wantsHosts ? (asked ?? before?.hostsFile ?? systemHostsFile()) : undefined,
    sshConfigFile: options.sshConfig ? (before?.sshConfigFile ?? userSshConfig()) : undefined,
  };
}
