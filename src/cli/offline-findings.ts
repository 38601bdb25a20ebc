import { join } from 'node:path';
import type { BoxOptions } from '../boxes/box-options.ts';
import { boxTitle } from '../boxes/box-options.ts';
import { installedBox } from '../vagrant/boxes.ts';
import { locateBox } from '../boxes/locate-box.ts';
import type { LocatedBox } from '../boxes/locate-box.ts';
import { digestOf } from '../artifacts/digest.ts';
import { findFileOffline, findOffline } from '../artifacts/find-offline.ts';
import type { OfflineFile } from '../artifacts/find-offline.ts';
import { LabError, type Problem } from '../model/errors.ts';
import type { BoxRequest } from '../model/plan.ts';
import { locateRootfs } from '../providers/docker/rootfs.ts';
import { boxOptions } from './box-source.ts';
import { ownVagrantHome } from './own-vagrant-home.ts';
import { labNeeds } from './lab-needs.ts';
import type { LabChoice } from './lab-needs.ts';
import { packageFolders } from './package-folders.ts';
import type { Tools } from './tools.ts';

export interface OfflineRequest extends LabChoice {
  /** How the scenario was named on the command line. */
  reference: string;
  /** The node image as the provider sees it, where it uses one. */
  image?: { name: string; present: boolean };
  tools: Pick<Tools, 'cache' | 'http' | 'clock'>;
  signal: AbortSignal;
}

/**
 * Proves that a lab can be brought up without internet: everything it needs is in Vagrant's store, in the cache or in a
 * LAB_MIRROR that is a folder, and is what its checksum says. The network is never asked. `findings` are what is there;
 * LAB_OFFLINE_INCOMPLETE, an error, for each thing that is not.
 */
export async function offlineFindings(
  request: OfflineRequest,
): Promise<{ findings: string[]; problems: Problem[] }> {
  const options: BoxOptions = {
    ...boxOptions(request.tools, () => undefined, request.signal),
    offline: true,
  };
  const needs = labNeeds(request);
  const looks: Promise<Finding>[] = [
    ...needs.boxes.map((box) => findBox(box, options)),
    ...[...needs.artifacts].map(async ([name, artifact]) => ({
      title: name,
      found: await findOffline(artifact, options),
    })),
    ...(needs.nodeImage ? [findNodeImage(request, options)] : []),
  ];
  const findings: string[] = [];
  const problems: Problem[] = [];
  for (const { title, found } of await Promise.all(looks)) {
    if ('missing' in found) problems.push(incomplete(title, found.missing, request));
    else findings.push(`offline: ${title}: ${found.place}${sizeText(found.size)}`);
  }
  return { findings, problems };
}

interface Finding {
  title: string;
  found: OfflineFile;
}

async function findBox(request: BoxRequest, options: BoxOptions): Promise<Finding> {
  const installed = await installedBox(request, { home: ownVagrantHome(), provider: options.provider });
  if (installed !== undefined) {
    const { name, version, sizeMb } = installed;
    return {
      title: `box ${boxTitle({ name, version })}`,
      found: { place: "in Vagrant's store", size: sizeMb * 1e6 },
    };
  }
  try {
    const located = await locateBox(request, options);
    return { title: `box ${boxTitle(located)}`, found: await findBoxFile(located, options) };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const reasons = error.message.split('\n  - ').slice(1).join('; ');
    return {
      title: `box ${boxTitle(request)}`,
      found: { missing: reasons === '' ? error.message : reasons },
    };
  }
}

async function findBoxFile({ file }: LocatedBox, options: BoxOptions): Promise<OfflineFile> {
  if (file.kind === 'artifact') return findOffline(file.artifact, options);
  const found = await digestOf(file.path, options.signal, file.checksum?.algorithm);
  if (found === undefined) return { missing: `there is no ${file.path}` };
  return file.checksum === undefined || file.checksum.hex === found.hex
    ? { place: file.path, size: found.size }
    : { missing: `${file.path} is not the expected file` };
}

async function findNodeImage({ image, tools }: OfflineRequest, options: BoxOptions): Promise<Finding> {
  if (image?.present === true) return { title: `image ${image.name}`, found: { place: 'there', size: 0 } };
  const imageDir = join(packageFolders.vagrantDir, 'node-image');
  const { key, path } = await locateRootfs({ imageDir, cacheDir: tools.cache });
  return {
    title: 'base of the node image',
    found: await findFileOffline(`rootfs-${key}.tar`, path, options),
  };
}

function incomplete(title: string, reason: string, request: OfflineRequest): Problem {
  return {
    code: 'LAB_OFFLINE_INCOMPLETE',
    severity: 'error',
    message: `Without internet there is no ${title}: ${reason}.`,
    fix: `Where there is internet: \`${prefetchCommand(request)}\`, or with --to DIR for LAB_MIRROR=DIR here.`,
  };
}

/** The command that fetches what this very lab needs. */
function prefetchCommand({
  reference,
  provider,
  edition,
  roles,
  parameters,
  scenario,
}: OfflineRequest): string {
  const changed = Object.entries(parameters).filter(
    ([name, value]) =>
      value !== (scenario.providers[provider]?.defaults[name] ?? scenario.parameters[name]?.default),
  );
  return [
    `lab prefetch ${reference} --provider ${provider}`,
    ...(edition === undefined ? [] : [`--edition ${edition}`]),
    ...roles.map((role) => `--with ${role}`),
    ...changed.map(([name, value]) => `--set ${name}=${String(value)}`),
  ].join(' ');
}

function sizeText(bytes: number): string {
  return bytes === 0 ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`;
}
