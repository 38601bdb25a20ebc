import { noSubnet } from '../model/cidr.ts';
import { listLabs } from '../state/state-file.ts';
import { openStates } from './open-lab.ts';
import type { Tools } from './tools.ts';

/** Private networks of the labs that are here; undefined where the state of one cannot be read. */
export async function subnetsOfLabs(tools: Tools): Promise<string[] | undefined> {
  const { states, errors } = await openStates(await listLabs(tools.home), tools);
  if (errors.length > 0) return undefined;
  return states.map((state) => state.subnet).filter((subnet) => subnet !== noSubnet);
}
