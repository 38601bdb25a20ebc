import * as z from 'zod';
import type { ExecResult } from '../../io/exec.ts';
import type { Problem } from '../../model/errors.ts';
import type { DockerCli } from './docker-cli.ts';

/** What `docker info` says about the engine that the client talks to. */
export interface Engine {
  version: string;
  architecture: 'amd64' | 'arm64';
  /** Docker Desktop: the engine runs in a virtual machine, and containers' addresses exist only in there. */
  desktop: boolean;
}

/** Fields of `GET /info` (Docker Engine API 1.41) that we use; podman's client prints other ones. */
const infoSchema = z.object({
  ServerVersion: z.string().default(''),
  OperatingSystem: z.string().default(''),
  OSType: z.string().default('linux'),
  Architecture: z.string().default(''),
  SecurityOptions: z.array(z.string()).nullish(),
  ServerErrors: z.array(z.string()).nullish(),
  /** Podman's. */
  host: z.unknown().optional(),
});

type Info = z.infer<typeof infoSchema>;

const architectures: Record<string, Engine['architecture']> = {
  x86_64: 'amd64',
  amd64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
};

/** The engine, or why it cannot be used. One call to docker; never throws for what it finds. */
export async function readEngine(
  docker: DockerCli,
  signal?: AbortSignal,
): Promise<{ engine: Engine | undefined; problems: Problem[] }> {
  const result = await docker.run(['info', '--format', '{{json .}}'], { signal });
  if (result.notFound) return { engine: undefined, problems: [missing] };
  const info = parseInfo(result);
  if (info === undefined || info.ServerVersion === '' || (info.ServerErrors ?? []).length > 0) {
    return { engine: undefined, problems: [info?.host === undefined ? unreachable(result, info) : podman] };
  }
  const architecture = architectures[info.Architecture];
  const engine: Engine = {
    version: info.ServerVersion,
    architecture: architecture ?? 'amd64',
    desktop: info.OperatingSystem.includes('Docker Desktop'),
  };
  return { engine, problems: unsuitable(info, architecture !== undefined) };
}

function parseInfo(result: ExecResult): Info | undefined {
  try {
    const parsed = infoSchema.safeParse(JSON.parse(result.stdout));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: a client that failed before it could print any.
    return undefined;
  }
}

const missing: Problem = {
  code: 'LAB_DOCKER_MISSING',
  severity: 'error',
  message: 'There is no `docker` on PATH.',
  fix: '`sudo apt-get install docker.io`, or https://docs.docker.com/engine/install/.',
};

const podman: Problem = {
  code: 'LAB_PROVIDER_UNSUPPORTED',
  severity: 'error',
  message: 'The `docker` on PATH is podman: the nodes need a Docker engine.',
  fix: '`sudo apt-get install docker.io`, and remove podman-docker.',
};

function unreachable(result: ExecResult, info: Info | undefined): Problem {
  const said = [...(info?.ServerErrors ?? []), ...result.stderr.trim().split('\n')].find(
    (line) => line !== '',
  );
  const reason = result.timedOut
    ? 'it did not answer within 20 s'
    : (said ?? 'no reason given').replace(/^ERROR: /, '');
  const denied = reason.includes('permission denied');
  return {
    code: 'LAB_DOCKER_UNREACHABLE',
    severity: 'error',
    message: `The Docker engine cannot be used: ${reason}`,
    fix: denied
      ? '`sudo usermod -aG docker $USER`, then log out and in again.'
      : 'Start it: `sudo systemctl start docker`, or Docker Desktop.',
  };
}

function unsuitable(info: Info, architectureKnown: boolean): Problem[] {
  const problem = (message: string, fix: string): Problem => ({
    code: 'LAB_PROVIDER_UNSUPPORTED',
    severity: 'error',
    message,
    fix,
  });
  const rootless = (info.SecurityOptions ?? []).some((option) => option.includes('name=rootless'));
  return [
    ...(Number.parseInt(info.ServerVersion) < 20
      ? [
          problem(
            `The Docker engine is ${info.ServerVersion}; the nodes need 20.10 or later.`,
            'Install a current one.',
          ),
        ]
      : []),
    ...(info.OSType === 'linux'
      ? []
      : [
          problem('The Docker engine runs Windows containers.', 'Switch Docker Desktop to Linux containers.'),
        ]),
    ...(architectureKnown
      ? []
      : [problem(`There is no node image for ${info.Architecture}.`, 'Use an amd64 or arm64 machine.')]),
    ...(rootless
      ? [
          problem(
            'The Docker engine is rootless: this host cannot reach its containers.',
            'Use the system engine: `docker context use default`.',
          ),
        ]
      : []),
  ];
}
