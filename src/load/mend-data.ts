import { placeholder } from './placeholder.ts';
import type { Finding } from './schema-findings.ts';
import type { DataPath } from './yaml-source.ts';

/** Data in which what was wrong is put right, so that the rest of it can be judged. */
export interface MendedData {
  data: unknown;
  /** Places whose value was made up: what is wrong there says nothing about the file. */
  madeUp: DataPath[];
  /** Places where a mistyped key was put right, with the key as the file has it. */
  renamed: { path: DataPath; key: string }[];
}

/**
 * Puts mistyped keys right, takes unknown ones out and makes up what is missing or of a wrong type. Undefined where others
 * refer to what is wrong, so that whatever is made up would be found fault with elsewhere.
 */
export function mendData(data: unknown, findings: readonly Finding[]): MendedData | undefined {
  const copy = structuredClone(data);
  const madeUp: DataPath[] = [];
  const renamed: MendedData['renamed'] = [];
  for (const finding of findings) {
    const isKey = finding.kind !== 'value';
    const place = isKey ? [...finding.path, finding.key] : finding.path;
    const owner = ownerAt(copy, place.slice(0, -1));
    const key = place.at(-1);
    if (owner === undefined || key === undefined) return undefined;
    if (finding.kind === 'unknown-key') {
      const { [key]: value } = owner;
      Reflect.deleteProperty(owner, key);
      if (finding.meant === undefined || Object.hasOwn(owner, finding.meant)) continue;
      owner[finding.meant] = value;
      renamed.push({ path: [...finding.path, finding.meant], key: finding.key });
      continue;
    }
    if (isReferredTo(place)) return undefined;
    owner[key] = placeholder(finding.schemas);
    madeUp.push(place);
  }
  return { data: copy, madeUp, renamed };
}

/** Whether a place lies in one of these. */
export function isBelow(path: DataPath, places: readonly DataPath[]): boolean {
  return places.some((place) => place.every((segment, index) => path[index] === segment));
}

function ownerAt(data: unknown, path: DataPath): Record<string | number, unknown> | undefined {
  let owner = data;
  for (const segment of path) {
    if (typeof owner !== 'object' || owner === null) return undefined;
    owner = (owner as Record<string | number, unknown>)[segment];
  }
  return typeof owner === 'object' && owner !== null
    ? (owner as Record<string | number, unknown>)
    : undefined;
}

const collections = ['parameters', 'editions', 'artifacts', 'machines', 'steps', 'include'];
const definingKeys = ['id', 'role', 'name', 'project', 'count', 'firstAddress'];

/** Names, and numbers that other entries are held against. */
function isReferredTo([collection, entry, key, ...deeper]: DataPath): boolean {
  if (!collections.includes(String(collection))) return false;
  if (entry === undefined || key === undefined) return true;
  if (collection === 'parameters' || collection === 'include') return true;
  return deeper.length === 0 && definingKeys.includes(String(key));
}
