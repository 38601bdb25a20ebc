import { withoutLinks } from '../io/without-links.ts';
import { loadScenario } from '../load/load-scenario.ts';
import type { Problem } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import type { BoxRequest } from '../model/plan.ts';
import { hostOnlyRule } from '../providers/virtualbox/host-only-ranges.ts';
import { leftoverProblems } from '../providers/virtualbox/leftover-problems.ts';
import { findVirtualBoxLeftovers } from '../providers/virtualbox/leftovers.ts';
import { VBoxManage } from '../providers/virtualbox/vbox-manage.ts';
import type { Examination } from '../report/doctor-text.ts';
import { labPaths } from '../state/lab-home.ts';
import { readOwnership } from '../state/lab-life.ts';
import { loadState } from '../state/state-file.ts';
import { installedBoxes } from '../vagrant/boxes.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import { offlineFindings } from './offline-findings.ts';
import { subnetsOfLabs } from './subnets-of-labs.ts';
import { packageFolders } from './package-folders.ts';
import { prepareUp, type Preparation } from './prepare-up.ts';
import type { Tools } from './tools.ts';

/** With these a provider cannot tell anything of itself that is well. */
const silencing = new Set<Problem['code']>([
  'LAB_DOCKER_MISSING',
  'LAB_DOCKER_UNREACHABLE',
  'LAB_VIRTUALBOX_MISSING',
]);

export interface HostExamination extends Examination {
  /** The network that VirtualBox would have to allow for what was asked for, or for the book's addresses. */
  refusedSubnet: string | undefined;
}

export interface ExamineRequest {
  /** A scenario as on the command line. */
  name: string;
  /** `auto`, or a provider. */
  provider: string;
  /** Prove that nothing has to be fetched. */
  offline: boolean;
  tools: Tools;
  signal: AbortSignal;
}

/** Looks at all that stands between this machine and a lab. Changes nothing. Throws usage errors. */
export async function examineHost({
  name,
  provider,
  offline,
  tools,
  signal,
}: ExamineRequest): Promise<HostExamination> {
  const loaded = await loadScenario(name, packageFolders);
  const saved = await loadState(labPaths(tools.home, loaded.scenario.name).state);
  // The lab that is there is none of the provider that is asked about.
  const state = provider === 'auto' || provider === saved?.provider ? saved : undefined;
  const prepared = await prepareUp(loaded, { provider }, {}, state, tools, signal);
  const range = rangeProblem(prepared, state);
  // The proof tells of boxes, too.
  const proof = offline
    ? await offlineProof(prepared, name, tools, signal)
    : { findings: await boxFindings(prepared.request.boxes, prepared.provider.name), problems: [] };
  const problems = [
    ...prepared.problems,
    ...(range === undefined ? [] : [range]),
    ...(prepared.provider.name === 'virtualbox' ? await virtualBoxLeftovers(tools, signal) : []),
    ...proof.problems,
  ];
  const refused = problems.some((problem) => problem.code === 'LAB_RANGE_REFUSED');
  const asked = prepared.problems.some((problem) => problem.code === 'LAB_RANGE_REFUSED');
  return {
    scenario: name,
    findings: [...findingsOf(prepared, problems), ...proof.findings],
    problems,
    refusedSubnet: refused ? (asked ? prepared.request.subnet : prepared.scenario.subnet) : undefined,
  };
}

/** The lab takes another range by itself: this is for those who want the addresses of the book. */
function rangeProblem(
  { scenario, facts, request, problems }: Preparation,
  state: LabState | undefined,
): Problem | undefined {
  const { allowedRanges, noPrivateNetwork } = facts.provider;
  const settled = state !== undefined || problems.some((problem) => problem.code === 'LAB_RANGE_REFUSED');
  if (allowedRanges === undefined || noPrivateNetwork !== undefined) return undefined;
  if (settled || !request.privateNetwork) return undefined;
  const rule = hostOnlyRule(allowedRanges);
  if (rule.isAllowed(scenario.subnet)) return undefined;
  const refusal = rule.refusal(scenario.subnet);
  return {
    ...refusal,
    severity: 'warning',
    message: `${refusal.message} The lab takes ${request.subnet} in place of the book's.`,
    fix: refusal.fix.replace(/^.*, or add/, "Nothing, or for the book's addresses add"),
  };
}

async function virtualBoxLeftovers(tools: Tools, signal: AbortSignal): Promise<Problem[]> {
  const home = await withoutLinks(tools.home);
  const { found } = await findVirtualBoxLeftovers({
    vboxManage: new VBoxManage(tools.exec),
    clock: tools.clock,
    vagrantHome: ownVagrantHome(),
    judge: (claim) => readOwnership(claim, home),
    subnets: () => subnetsOfLabs(tools),
    signal,
  });
  return leftoverProblems(found);
}

function offlineProof(
  { scenario, provider, facts, request, roles }: Preparation,
  reference: string,
  tools: Tools,
  signal: AbortSignal,
): Promise<{ findings: string[]; problems: Problem[] }> {
  const { edition, parameters } = request;
  const { image } = facts.provider;
  const lab = { scenario, provider: provider.name, edition, parameters, roles };
  return offlineFindings({ ...lab, reference, ...(image === undefined ? {} : { image }), tools, signal });
}

/** What a problem is about is told there and is no finding. */
function findingsOf({ facts, request }: Preparation, problems: readonly Problem[]): string[] {
  const wrong = new Set(problems.map((problem) => problem.code));
  const memory = request.machines.reduce((sum, machine) => sum + machine.memoryMb, 0);
  const image = facts.provider.image;
  const answers = !problems.some((problem) => silencing.has(problem.code));
  const findings = [
    facts.provider.reason,
    ...(answers ? [facts.provider.description] : []),
    ...request.reasons,
    ...(wrong.has('LAB_MEMORY_LOW')
      ? []
      : [`memory: ${facts.freeMemoryMb} MB free, ${request.machines.length} machines need ${memory} MB`]),
    ...(wrong.has('LAB_DISK_LOW') ? [] : [`disk: ${facts.freeDiskMb} MB free`]),
    ...(image === undefined || !answers
      ? []
      : [`image ${image.name}: ${image.present ? 'there' : 'will be built at the first up'}`]),
  ];
  return findings.filter((finding) => finding !== '');
}

async function boxFindings(boxes: readonly BoxRequest[], provider: string): Promise<string[]> {
  if (boxes.length === 0) return [];
  const installed = await installedBoxes(ownVagrantHome());
  return boxes.map(({ name, version }) => {
    const box = installed.find(
      (candidate) =>
        candidate.name === name &&
        candidate.provider === provider &&
        (version === undefined || candidate.version === version),
    );
    const wanted = version === undefined ? name : `${name} ${version}`;
    return box === undefined
      ? `box ${wanted}: will be fetched at the first up`
      : `box ${name} ${box.version}: there, ${box.sizeMb} MB`;
  });
}
