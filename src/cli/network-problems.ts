import type { Journal } from '../host/journal.ts';
import type { Problem } from '../model/errors.ts';

/**
 * A network of the lab's name that this LAB_HOME never began to make: another user's lab, or one whose state is gone; or
 * one that somebody has made in the place of the lab's. Going on would take over its machines, and destroying would
 * remove them.
 */
export async function networkProblems(
  lab: string,
  network: { name: string; present: boolean; isForeign: boolean },
  journal: Pick<Journal, 'open'>,
): Promise<Problem[]> {
  const { name, present, isForeign } = network;
  if (!present) return [];
  const changes = await journal.open();
  const isBegun = changes.some(({ change }) => change.kind === 'network' && change.name === name);
  if (isBegun && !isForeign) return [];
  if (isBegun) {
    return [
      {
        code: 'LAB_ADDRESS_TAKEN',
        severity: 'error',
        message: `The network ${name} is there, and lab ${lab} did not make it: somebody has put it in the place of the lab's.`,
        fix: `If it is not needed, remove it: \`docker network rm ${name}\`. Then the same command makes the lab's again.`,
      },
    ];
  }
  return [
    {
      code: 'LAB_ADDRESS_TAKEN',
      severity: 'error',
      message: `The network ${name} is there and was not made from here: lab ${lab} of another user or LAB_HOME.`,
      fix: `\`lab destroy ${lab}\` there removes it; \`lab leftovers --clean\` does where its LAB_HOME is gone.`,
    },
  ];
}
