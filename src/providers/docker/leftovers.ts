import { hostname } from 'node:os';
import * as z from 'zod';
import type { FoundLeftover, LeftoverStanding } from '../../model/leftover.ts';
import type { Claim, Ownership } from '../../state/lab-life.ts';
import { labDir } from '../../state/lab-home.ts';
import type { DockerCli } from './docker-cli.ts';
import { readEngine } from './engine.ts';
import { removeContainers } from './machines.ts';
import { removeNetwork } from './networks.ts';

export interface DockerSearch {
  found: FoundLeftover[];
  /** Of the containers, also those that are nobody's leftover. */
  marks: { lab: string; ownership: Ownership }[];
  skipped?: string;
}

export type JudgeClaim = (claim: Claim) => Promise<Ownership>;

const columns = [
  '.ID',
  '.Names',
  '.State',
  '.CreatedAt',
  '.Label "chapterlab.lab"',
  '.Label "chapterlab.machine"',
  '.Label "chapterlab.project"',
];

/** Of `docker network inspect`. */
const networkSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Labels: z.record(z.string(), z.string()).nullable(),
});

/**
 * Containers and networks whose labels name a lab that is gone. What is on an engine of another computer may belong to a
 * lab there, whose folder cannot be seen from here: that is `uncertain`.
 */
export async function findDockerLeftovers(
  docker: DockerCli,
  judge: JudgeClaim,
  signal: AbortSignal,
): Promise<DockerSearch> {
  const { engine, problems } = await readEngine(docker, signal);
  if (engine === undefined) {
    return { found: [], marks: [], skipped: `Docker: ${problems[0]?.message ?? 'it does not answer'}` };
  }
  const listed = await docker.must(
    ['ps', '--all', '--no-trunc', '--filter', 'label=chapterlab.lab', '--format', format()],
    'Listing containers',
    { signal },
  );
  const containers = linesOf(listed).map(parseContainer);
  const networks = await labNetworks(docker, signal);
  const standing: LeftoverStanding = (await isOfThisComputer(docker, engine.desktop, signal))
    ? 'left'
    : 'uncertain';
  // Asked last: what is made in this moment belongs to a lab that is there already.
  const marks = await Promise.all(
    containers.map(async ({ lab, project }) => ({ lab, ownership: await judge({ lab, folder: project }) })),
  );
  return {
    found: [
      ...containers.flatMap((container, index) =>
        leftContainer(container, marks[index]?.ownership, standing, docker),
      ),
      ...(await leftNetworks(networks, judge, standing, docker)),
    ],
    marks,
  };
}

interface Container {
  id: string;
  name: string;
  state: string;
  since: string | undefined;
  lab: string;
  machine: string;
  project: string;
}

function leftContainer(
  { id, name, state, since, lab, machine }: Container,
  ownership: Ownership | undefined,
  standing: LeftoverStanding,
  docker: DockerCli,
): FoundLeftover[] {
  if (ownership?.life !== 'gone') return [];
  const leftover = {
    standing,
    what: `container ${name}`,
    where: `Docker, ${state}`,
    why: reason(ownership.why, standing),
    lab,
    ...(since === undefined ? {} : { since }),
  };
  return [
    {
      leftover,
      ...(ownership.place === undefined ? {} : { owner: ownership.place }),
      remove: async (signal) => {
        await removeContainers(docker, [{ id, machine, state, connected: false }], signal);
      },
    },
  ];
}

async function leftNetworks(
  networks: readonly z.infer<typeof networkSchema>[],
  judge: JudgeClaim,
  standing: LeftoverStanding,
  docker: DockerCli,
): Promise<FoundLeftover[]> {
  const found = networks.map(
    async ({ Id: id, Name: name, Created: since, Labels }): Promise<FoundLeftover[]> => {
      const lab = Labels?.['chapterlab.lab'];
      const home = Labels?.['chapterlab.home'];
      if (lab === undefined || home === undefined) return [];
      const ownership = await judge({ lab, folder: labDir(home, lab) });
      if (ownership.life !== 'gone') return [];
      const why = reason(ownership.why, standing);
      return [
        {
          leftover: { standing, what: `network ${name}`, where: 'Docker', why, lab, since },
          ...(ownership.place === undefined ? {} : { owner: ownership.place }),
          remove: (signal) => removeNetwork(docker, id, signal),
        },
      ];
    },
  );
  return (await Promise.all(found)).flat();
}

function reason(why: string, standing: LeftoverStanding): string {
  return standing === 'left' ? why : `${why} on this computer, and the engine is another one's`;
}

async function labNetworks(docker: DockerCli, signal: AbortSignal): Promise<z.infer<typeof networkSchema>[]> {
  const filter = ['--filter', 'label=chapterlab.network'];
  const ids = linesOf(
    await docker.must(['network', 'ls', '--quiet', '--no-trunc', ...filter], 'Listing networks', { signal }),
  );
  if (ids.length === 0) return [];
  // One that was removed meanwhile makes the exit status 1; the others are printed all the same.
  const { stdout } = await docker.run(['network', 'inspect', ...ids], { signal });
  return z.array(networkSchema).parse(JSON.parse(stdout));
}

/** An engine behind a network, or one whose socket was lent to a container, has another computer's folders. */
async function isOfThisComputer(docker: DockerCli, desktop: boolean, signal: AbortSignal): Promise<boolean> {
  const [context, info] = await Promise.all([
    docker.run(['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'], { signal }),
    docker.run(['info', '--format', '{{.Name}}'], { signal }),
  ]);
  if (!/^(unix|npipe):/.test(context.stdout)) return false;
  // In a virtual machine of this computer the engine's host has a name of its own.
  return desktop || process.platform !== 'linux' || info.stdout.trim() === hostname();
}

function format(): string {
  return columns.map((column) => `{{${column}}}`).join('\t');
}

function parseContainer(line: string): Container {
  const [id = '', name = '', state = '', created = '', lab = '', machine = '', project = ''] =
    line.split('\t');
  return { id, name, state, since: parseTime(created), lab, machine, project };
}

/** As `docker ps` prints it: `2026-11-21 09:04:47 +0000 UTC`. */
function parseTime(text: string): string | undefined {
  const [, date = '', time = '', zone = ''] = /^(\S+) (\S+) ([+-]\d{4})/.exec(text) ?? [];
  const parsed = Date.parse(`${date}T${time}${zone.slice(0, 3)}:${zone.slice(3)}`);
  return Number.isNaN(parsed) ? undefined : new Date(parsed).toISOString();
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
