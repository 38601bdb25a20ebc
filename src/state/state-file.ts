import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { createPrivateDirectory, writeFileAtomically } from '../io/files.ts';
import { systemErrorCode } from '../io/system-error.ts';
import { EnvironmentError } from '../model/errors.ts';
import { labStateSchema } from '../model/lab-state.ts';
import type { LabState } from '../model/lab-state.ts';
import { labPaths, labsDir } from './lab-home.ts';
import { explainUnwritable } from './state-error.ts';

const newestVersion = 1;

/** The state in that file, or undefined where there is none. Throws LAB_STATE_INVALID. */
export async function loadState(path: string): Promise<LabState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw invalid(path, `it cannot be read (${systemErrorCode(error) ?? 'unknown error'})`, error);
  }
  const json = parseJson(path, text);
  const version = z.object({ version: z.number() }).safeParse(json).data?.version;
  if (version !== undefined && version > newestVersion) {
    throw invalid(
      path,
      `it has version ${String(version)} and this lab knows versions up to ${String(newestVersion)}`,
    );
  }
  const parsed = labStateSchema.safeParse(json);
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

/** Replaces the file atomically, readable by its owner only. Throws LAB_STATE_UNWRITABLE; the old file is then still there. */
export async function saveState(path: string, state: LabState): Promise<void> {
  try {
    await createPrivateDirectory(dirname(path));
    await writeFileAtomically(path, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw explainUnwritable(error, path);
  }
}

/** Names of the labs that have state, or a journal of changes to undo, in alphabetical order. */
export async function listLabs(home: string): Promise<string[]> {
  const names = await readdirIfThere(labsDir(home));
  const labs: string[] = [];
  for (const name of names.sort()) {
    const files = await readdirIfThere(join(labsDir(home), name));
    const { state, journal, dir } = labPaths(home, name);
    if (files.some((file) => [state, journal].includes(join(dir, file)))) labs.push(name);
  }
  return labs;
}

async function readdirIfThere(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(path, (error as Error).message, error);
  }
}

function invalid(path: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError('LAB_STATE_INVALID', `The state in ${path} cannot be used: ${reason}.`, {
    hint: 'Use the version of lab that wrote it, or run `lab destroy --force` to remove the lab.',
    cause,
  });
}
