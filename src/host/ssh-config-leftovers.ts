import { LabError } from '../model/errors.ts';
import type { FoundLeftover } from '../model/leftover.ts';
import { temporariesOf } from './hosts-leftovers.ts';
import type { SshInclude } from './ssh-include.ts';

export interface SshConfigQuestion {
  /** The user's ssh config. */
  file: string;
  include: SshInclude;
  /** Whether a lab that is not gone has an ssh config. */
  isNeeded: () => Promise<boolean>;
}

/** The Include of this LAB_HOME where no lab has an ssh config. To be removed after the folders of labs that are gone. */
export async function findSshConfigLeftovers({
  file,
  include,
  isNeeded,
}: SshConfigQuestion): Promise<FoundLeftover[]> {
  const temporaries = await temporariesOf(file);
  const common = { what: 'Include of the labs', where: file } as const;
  try {
    if (!(await include.isThere()) || (await isNeeded())) return temporaries;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const advice = error.details.hint ?? '';
    return [
      ...temporaries,
      { leftover: { ...common, standing: 'uncertain', why: error.message.replace(/\.$/, ''), advice } },
    ];
  }
  return [
    ...temporaries,
    {
      leftover: { ...common, standing: 'left', why: 'no lab has an ssh config' },
      remove: async () => {
        // Unchanged where a lab has come to have a config meanwhile.
        await include.remove(undefined);
      },
    },
  ];
}
