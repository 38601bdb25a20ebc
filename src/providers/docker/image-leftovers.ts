import type { OpenChange } from '../../host/journal.ts';
import type { SharedChangeOf } from '../../host/shared-change.ts';
import type { FoundLeftover } from '../../model/leftover.ts';
import { dockerFailure, type DockerCli } from './docker-cli.ts';
import { baseImageName, engineId, nodeImageName } from './node-image.ts';
import { locateRootfs } from './rootfs.ts';

export interface ImageQuestion {
  imageDir: string;
  cacheDir: string;
  /** Images that the journal of what labs share tells of. */
  entries: readonly OpenChange<SharedChangeOf<'image'>>[];
}

export interface ImageSearch {
  found: FoundLeftover[];
  /** Entries whose image is not there any more, or is another one by now. */
  gone: number[];
}

/** As `docker image inspect` describes it. */
interface Image {
  id: string;
  bytes: string;
  since: string;
  layers: string[];
}

const removeMs = 60_000;

/**
 * Images that no container uses: those that the journal tells of, and node images and their bases that were made from other
 * inputs than today's. They are `shared`. An image is used by what is built on it, too.
 */
export async function findUnusedImages(
  docker: DockerCli,
  question: ImageQuestion,
  signal: AbortSignal,
): Promise<ImageSearch> {
  const list = async (reference: string): Promise<string[]> => {
    const args = ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', reference];
    return linesOf(await docker.must(args, 'Listing images', { signal }));
  };
  const ofThisEngine = await entriesOfThisEngine(docker, question.entries, signal);
  const [names, printed, current] = await Promise.all([
    Promise.all(['chapterlab/node', 'chapterlab/base'].map(list)),
    docker.must(['ps', '--all', '--format', '{{.Image}}'], 'Listing containers', { signal }),
    currentImages(question),
  ]);
  const used = new Set(linesOf(printed));
  const recorded = new Set(ofThisEngine.map(({ change }) => change.name));
  const kept = new Set([...current, ...used, ...recorded]);
  const old = names.flat().filter((name) => !kept.has(name) && !name.endsWith(':<none>'));
  const ofJournal = await judgeEntries(docker, ofThisEngine, used, current, signal);
  return {
    found: [...(await Promise.all(old.map((name) => describeOld(docker, name, signal)))), ...ofJournal.found],
    gone: ofJournal.gone,
  };
}

/** Of another engine nothing can be said: its images are neither left nor gone. */
async function entriesOfThisEngine(
  docker: DockerCli,
  entries: ImageQuestion['entries'],
  signal: AbortSignal,
): Promise<ImageQuestion['entries']> {
  const ours = entries.filter(({ change }) => change.provider === 'docker');
  if (ours.length === 0) return [];
  const engine = await engineId(docker, signal);
  return ours.filter(({ change }) => change.engine === engine);
}

async function currentImages(inputs: Pick<ImageQuestion, 'imageDir' | 'cacheDir'>): Promise<string[]> {
  const [node, { key }] = await Promise.all([nodeImageName(inputs.imageDir), locateRootfs(inputs)]);
  return [node, baseImageName(key)];
}

async function judgeEntries(
  docker: DockerCli,
  entries: ImageQuestion['entries'],
  used: ReadonlySet<string>,
  current: readonly string[],
  signal: AbortSignal,
): Promise<ImageSearch> {
  if (entries.length === 0) return { found: [], gone: [] };
  const users = await Promise.all([...used].map((name) => inspect(docker, name, signal)));
  const judged = await Promise.all(
    entries.map(async (entry): Promise<ImageSearch> => {
      const { name } = entry.change;
      const image = await inspect(docker, name, signal);
      if (image === undefined || isAnother(image, entry)) return { found: [], gone: [entry.id] };
      if (users.some((user) => user !== undefined && isBuiltOn(user, image))) return { found: [], gone: [] };
      const why = current.includes(name)
        ? 'no container uses it; the next `lab up` makes it again'
        : 'no container uses it';
      return { found: [describeEntry(docker, entry, image, why)], gone: [] };
    }),
  );
  return { found: judged.flatMap(({ found }) => found), gone: judged.flatMap(({ gone }) => gone) };
}

function describeEntry(
  docker: DockerCli,
  entry: ImageQuestion['entries'][number],
  image: Image,
  why: string,
): FoundLeftover {
  const { name } = entry.change;
  const isOurs = entry.done || name.startsWith('chapterlab/');
  return {
    leftover: {
      ...described(name, image),
      standing: isOurs ? 'shared' : 'uncertain',
      why: isOurs ? why : `${why}; a run of lab was killed while it fetched it`,
    },
    entry: entry.id,
    remove: async (signal) => {
      const now = await inspect(docker, name, signal);
      if (now === undefined) return;
      if (now.id !== image.id) throw new Error('another image has come to have that name meanwhile');
      await removeImage(docker, name, signal);
    },
  };
}

async function describeOld(docker: DockerCli, name: string, signal: AbortSignal): Promise<FoundLeftover> {
  const image = await inspect(docker, name, signal).catch(() => undefined);
  return {
    leftover: {
      ...described(name, image),
      standing: 'shared',
      why: 'it was made from other files than those of this version of lab',
    },
    remove: (abort) => removeImage(docker, name, abort),
  };
}

function described(
  name: string,
  image: Image | undefined,
): Pick<FoundLeftover['leftover'], 'what' | 'where' | 'bytes' | 'since'> {
  const { bytes = '', since = '' } = image ?? {};
  return {
    what: `image ${name}`,
    where: 'Docker',
    ...(bytes === '' ? {} : { bytes: Number(bytes) }),
    ...(since === '' ? {} : { since }),
  };
}

/** Somebody has made or pulled it again under the same name. */
function isAnother({ id }: Image, { made }: ImageQuestion['entries'][number]): boolean {
  return made !== undefined && made !== id;
}

function isBuiltOn(image: Image, base: Image): boolean {
  return base.layers.length > 0 && base.layers.every((layer, index) => image.layers[index] === layer);
}

/** Undefined: there is none of that name. Throws LAB_DOCKER_FAILED where the engine does not say. */
async function inspect(docker: DockerCli, name: string, signal: AbortSignal): Promise<Image | undefined> {
  const format = '{{.Id}} {{.Size}} {{.Created}} {{range .RootFS.Layers}} {{.}}{{end}}';
  const result = await docker.run(['image', 'inspect', '--format', format, name], { signal });
  if (/No such image/i.test(result.stderr)) return undefined;
  if (result.exitCode !== 0) throw dockerFailure(result, `Looking at the image ${name}`);
  const [id = '', bytes = '', since = '', ...layers] = result.stdout.trim().split(/ +/);
  return { id, bytes, since, layers };
}

/** Without --force: refused where a container has come to use it meanwhile. Throws LAB_DOCKER_FAILED. */
async function removeImage(docker: DockerCli, name: string, signal: AbortSignal): Promise<void> {
  const result = await docker.run(['image', 'rm', name], { signal, timeoutMs: removeMs });
  if (result.exitCode === 0 || /No such image/i.test(result.stderr)) return;
  throw dockerFailure(result, `Removing the image ${name}`);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
