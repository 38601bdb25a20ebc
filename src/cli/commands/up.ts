import { resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { LabState } from '../../model/lab-state.ts';
import type { Plan } from '../../model/plan.ts';
import { planUp, type UpRequest } from '../../plan/plan-up.ts';
import { hostPreflight } from '../../plan/preflight.ts';
import { assertReporters } from '../../report/create-reporters.ts';
import { formatPlan } from '../../report/plan-text.ts';
import { systemHostsFile } from '../../host/hosts-file.ts';
import { loadScenario, type LoadedScenario } from '../../load/load-scenario.ts';
import { observeHost } from '../../run/observe-host.ts';
import { userSshConfig, type HostSetUpContext } from '../../run/host-set-up.ts';
import { labPaths } from '../../state/lab-home.ts';
import { loadState } from '../../state/state-file.ts';
import { assertReady } from '../assert-ready.ts';
import type { CommandInput } from '../command-input.ts';
import { assertWhole } from '../assert-whole.ts';
import { confirm } from '../confirm.ts';
import { holdLab } from '../hold-lab.ts';
import { packageFolders } from '../package-folders.ts';
import { prepareUp, type Preparation, type UpFlags } from '../prepare-up.ts';
import { print, printJson } from '../print.ts';
import { reporterSpecs, type ReportFlags } from '../report-flags.ts';
import { runSession } from '../run-session.ts';
import { scenarioFlags } from '../scenario-flags.ts';
import { createTools, type Tools } from '../tools.ts';
import { portNumber } from '../port-number.ts';

interface UpOptions extends UpFlags, ReportFlags {
  set?: string[];
  hosts: boolean;
  hostsFile?: string;
  sshConfig: boolean;
  agent: boolean;
  dryRun?: true;
  yes?: boolean;
}

/** `lab up`: makes what is missing of a lab and plays its chapter. */
export async function up(
  name: string,
  options: UpOptions,
  words: readonly string[],
  input: CommandInput,
): Promise<void> {
  await assertReporters(reporterSpecs(options));
  const tools = createTools();
  const given = scenarioFlags(words, options.set);
  const loaded = await loadScenario(name, packageFolders);
  const lab = loaded.scenario.name;
  if (options.dryRun) {
    const { plan } = await makePlan(loaded, options, given, tools, input);
    if (options.json) printJson(plan);
    else print(formatPlan(plan));
    return;
  }
  await holdLab(lab, 'up', tools, async () => {
    const { plan, preparation, state, asksForSudo } = await makePlan(loaded, options, given, tools, input);
    if (asksForSudo) assertCanAsk(options);
    const { scenario, scenarioFile, provider, request } = preparation;
    const networkName = request.privateNetwork ? request.networkName : undefined;
    const session = { plan, state, scenario, scenarioFile, networkName, provider, flags: options, tools };
    input.setExitCode(await runSession({ ...session, signal: input.signal }));
  });
}

async function makePlan(
  loaded: LoadedScenario,
  options: UpOptions,
  given: Record<string, string>,
  tools: Tools,
  { signal }: CommandInput,
): Promise<{ plan: Plan; preparation: Preparation; state: LabState; asksForSudo: boolean }> {
  const lab = loaded.scenario.name;
  const before = await loadState(labPaths(tools.home, lab).state);
  if (before !== undefined) assertWhole(before);
  const preparation = await prepareUp(loaded, options, given, before, tools, signal);
  const state = nextState(before, preparation, loaded.reference, options.linkedClones);
  const files = hostFiles(options, before, preparation);
  const hostSetUp: HostSetUpContext = {
    home: tools.home,
    lab,
    exec: tools.exec,
    clock: tools.clock,
    confirm: (question) => confirm(question, options.yes === true, signal),
    signal,
  };
  const { provider, facts, request } = preparation;
  const host = await observeHost({ state, machines: request.machines, provider, ...files, hostSetUp });
  const complete: UpRequest = {
    ...request,
    ...files,
    loadKey: options.agent,
    stateChanges:
      before === undefined || !facts.filesPresent || JSON.stringify(before) !== JSON.stringify(state),
    discoveryPort: options.discoveryPort === undefined ? 0 : portNumber(options.discoveryPort),
  };
  const plan = planUp(complete, facts, host);
  assertReady([...preparation.problems, ...hostPreflight(host, files)]);
  const asksForSudo = host.hostsNeedSudo && plan.tasks.some((task) => task.kind === 'write-hosts');
  return { plan, preparation, state, asksForSudo };
}

/** Better now than when the machines are up. Throws LAB_CONFIRMATION_NEEDED. */
function assertCanAsk({ yes }: UpOptions): void {
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
  options: UpOptions,
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
