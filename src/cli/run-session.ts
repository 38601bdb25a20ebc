import { openRunLog } from '../io/run-log.ts';
import type { EventSink } from '../model/event.ts';
import { Journal } from '../host/journal.ts';
import { sshKeyPaths } from '../host/ssh-key.ts';
import { noSubnet } from '../model/cidr.ts';
import type { LabState } from '../model/lab-state.ts';
import type { Plan } from '../model/plan.ts';
import type { Scenario } from '../model/scenario.ts';
import { renderTemplate } from '../provision/render.ts';
import type { Provider } from '../providers/provider.ts';
import { collectReport } from '../report/collect-report.ts';
import { createReporters } from '../report/create-reporters.ts';
import { exitCodeOf, toEventError } from '../report/format-error.ts';
import { ConnectionPool } from '../run/connection-pool.ts';
import { handlers } from '../run/handlers/handlers.ts';
import { machineUser } from '../model/machine.ts';
import { lineMasker, maskAll } from '../run/mask-secrets.ts';
import { saveOutputs } from '../run/outputs-file.ts';
import { playSetting } from '../run/recorded-output.ts';
import type { RunContext } from '../run/run-context.ts';
import { runPlan, type CarriesOn, type Handlers } from '../run/runner.ts';
import { StateKeeper } from '../run/state-keeper.ts';
import { labPaths, projectDir } from '../state/lab-home.ts';
import { newLogPath } from '../state/new-log-path.ts';
import { saveState } from '../state/state-file.ts';
import { Vagrant } from '../vagrant/vagrant.ts';
import { createArtifactSource } from './artifact-source.ts';
import { createBoxSource } from './box-source.ts';
import { confirm } from './confirm.ts';
import { labEnvironment } from './lab-environment.ts';
import { reporterOptions, type ReportFlags } from './report-flags.ts';
import { assetReader, type Tools } from './tools.ts';

/**
 * How long a machine's sshd may take to answer: three attempts of 5, 10 and 20 s. Vagrant has waited for it to boot, so
 * this is no time for booting; and a room does not wait for what is not going to come.
 */
const connectTimeoutMs = 40_000;

export interface SessionRequest {
  plan: Plan;
  state: LabState;
  scenario: Scenario;
  scenarioFile: string;
  /** Undefined where the lab has no private network. */
  networkName: string | undefined;
  provider: Provider;
  flags: ReportFlags & { yes?: boolean };
  signal: AbortSignal;
  tools: Tools;
  /** In place of the handlers of a real run; `lab check` has its own for steps. */
  overrides?: Partial<Handlers>;
  /** Tasks that are carried out although one before them did not end well; without it none is. */
  carriesOn?: CarriesOn;
  /** In place of the lab's own folder of logs. */
  logPath?: string;
}

/** Runs a plan on a lab whose lock is held, reports it, and returns the exit code. */
export async function runSession(request: SessionRequest): Promise<number> {
  const { plan, state, provider, tools, signal } = request;
  const { home, clock } = tools;
  const paths = labPaths(home, state.lab);
  const { silent = false } = request.flags;
  const reporters = silent ? [] : await createReporters(reporterOptions(request.flags));
  const logFile = request.logPath ?? (await newLogPath(home, state.lab, clock.now(), plan.command));
  const logged = await openRunLog(logFile, () => clock.now());
  const log = { ...logged, write: withoutSecrets(logged.write) };
  const keeper = new StateKeeper(state, (next) => saveState(paths.state, next));
  const pool = new ConnectionPool({
    // A plan without tasks needs no ssh library.
    transport: async () => new (await import('../transport/ssh-transport.ts')).SshTransport(clock),
    provider,
    machines: plan.machines,
    projectDir: (project) => projectDir(home, state.lab, project),
    user: machineUser,
    privateKeyPath: sshKeyPaths(paths.dir).privateKeyPath,
    hostKey: (machine) => keeper.current.hostKeys[machine],
    pinHostKey: (machine, key) =>
      keeper.update((current) => ({ ...current, hostKeys: { ...current.hostKeys, [machine]: key } })),
    timeoutMs: connectTimeoutMs,
    clock,
    signal,
  });
  const closers: (() => Promise<void>)[] = [];
  const context = sessionContext(request, { keeper, pool, log, closers });
  try {
    const { report, error } = await runPlan(plan, { ...handlers, ...request.overrides }, context, {
      emit: eventsWithoutSecrets((event) => {
        logged.write(JSON.stringify(event));
        for (const reporter of reporters) reporter.handle(event);
      }),
      clock,
      signal,
      toEventError,
      collect: collectReport,
      ...(request.carriesOn === undefined ? {} : { carriesOn: request.carriesOn }),
    });
    if (error !== undefined && silent) throw error as Error;
    if (error !== undefined) return exitCodeOf(error);
    if (report.status === 'blocked') return 4;
    return report.status === 'failed' ? 1 : 0;
  } finally {
    // Each is closed whatever becomes of the others.
    pool.close();
    const closing = [...closers.map((close) => close()), ...reporters.map((reporter) => reporter.close())];
    const [unlogged] = await Promise.all([logged.close(), Promise.allSettled(closing)]);
    if (unlogged !== undefined && !silent) {
      process.stderr.write(`warning: the log ${log.path} is not complete: ${unlogged.message}\n`);
    }
    await Promise.all(closing);
  }
}

/** Nothing gets into the log without passing here or `eventsWithoutSecrets`, and nothing to a reporter without the latter. */
function withoutSecrets(write: (line: string) => void): (line: string) => void {
  const mask = lineMasker();
  return (line) => {
    write(mask(line));
  };
}

function eventsWithoutSecrets(sink: EventSink): EventSink {
  // Progress comes line by line, so that a key may be spread over several events.
  const maskLine = lineMasker();
  return (event) => {
    sink(event.type === 'task-progress' ? { ...event, message: maskLine(event.message) } : maskAll(event));
  };
}

interface SessionParts {
  keeper: StateKeeper;
  pool: ConnectionPool;
  log: { path: string; write: (line: string) => void };
  closers: (() => Promise<void>)[];
}

function sessionContext(request: SessionRequest, { keeper, pool, log, closers }: SessionParts): RunContext {
  const { plan, state, provider, tools, signal, scenario, flags } = request;
  const { home, exec, http, clock } = tools;
  const paths = labPaths(home, state.lab);
  const artifacts = createArtifactSource(scenario, tools, signal);
  return {
    scenario,
    machines: plan.machines,
    networkName: request.networkName,
    paths: {
      lab: paths.dir,
      project: (project) => projectDir(home, state.lab, project),
      privateKey: sshKeyPaths(paths.dir).privateKeyPath,
      discoveryRegistry: paths.discovery,
      work: paths.work,
    },
    provider,
    driver: new Vagrant({
      exec,
      provider: provider.name,
      together: provider.bootsTogether,
      logLine: log.write,
      logPath: log.path,
    }),
    exec,
    http,
    clock,
    journal: new Journal(paths.journal, clock),
    hostSetUp: {
      home,
      lab: state.lab,
      exec,
      clock,
      signal,
      confirm: (question) => confirm(question, flags.yes === true, signal),
    },
    resources: {
      add: (close) => {
        closers.push(close);
      },
    },
    discovery: {},
    signal,
    state: () => keeper.current,
    updateState: (change) => keeper.update(change),
    keepOutputs: (step, outputs) => saveOutputs(paths.dir, playSetting(keeper.current), step, outputs),
    connect: (machine, withinMs) => pool.connect(machine, withinMs),
    disconnect: (machine) => {
      pool.disconnect(machine);
    },
    fetchArtifact: artifacts.fetch,
    addBox: createBoxSource(tools, log, signal),
    artifactContent: artifacts.content,
    readAsset: assetReader(request.scenarioFile),
    render: (file, source, values) => renderTemplate({ file, source, values }),
    labEnvironment: () => labEnvironment(keeper.current, home),
    log: log.write,
    logPath: log.path,
  };
}

/** Name of a lab's private network at the provider; undefined where it has none. */
export function networkOf({ lab, subnet }: Pick<LabState, 'lab' | 'subnet'>): string | undefined {
  return subnet === noSubnet ? undefined : networkNameOf(lab);
}

/** The name that a lab's private network has or would have. */
export function networkNameOf(lab: string): string {
  return `chapterlab-${lab}`;
}
