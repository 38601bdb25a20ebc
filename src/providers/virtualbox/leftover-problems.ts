import type { FoundLeftover } from '../../model/leftover.ts';
import type { Problem } from '../../model/errors.ts';

/** LAB_LEFTOVERS for `lab doctor`: one for machines of labs that are gone, one for what must be looked at. */
export function leftoverProblems(found: readonly FoundLeftover[]): Problem[] {
  const of = (standing: string): string =>
    found
      .filter(({ leftover }) => leftover.standing === standing)
      .map(({ leftover: { what, where } }) => `${what} (${where.replace(/^VirtualBox, /, '')})`)
      .join(', ');
  const left = of('left');
  const uncertain = of('uncertain');
  return [
    ...(left === ''
      ? []
      : [
          problem(
            `VirtualBox has machines of labs that are gone: ${left}.`,
            '`lab leftovers --clean` removes them with their disks, after asking.',
          ),
        ]),
    ...(uncertain === ''
      ? []
      : [
          problem(
            `VirtualBox has what no lab and no project of Vagrant uses: ${uncertain}. Labs do not take the ranges of such networks.`,
            '`lab leftovers` says more; `lab leftovers --clean` asks for each and removes it.',
          ),
        ]),
  ];
}

function problem(message: string, fix: string): Problem {
  return { code: 'LAB_LEFTOVERS', severity: 'warning', message, fix };
}
