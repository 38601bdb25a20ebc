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

/**
 * Private networks that the other labs here have or are about to make, with their owners' names. A lab whose state
 * cannot be read is left out: its network is seen once it is there.
 */
export async function subnetsOfOtherLabs(
  lab: string,
  tools: Tools,
): Promise<{ subnet: string; owner: string }[]> {
  const others = (await listLabs(tools.home)).filter((name) => name !== lab);
  const { states } = await openStates(others, tools);
  return states
    .filter(({ subnet }) => subnet !== noSubnet)
    .map((state) => ({ subnet: state.subnet, owner: `lab ${state.lab}` }));
}
