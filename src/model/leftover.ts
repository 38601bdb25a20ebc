/**
 * What `lab leftovers` makes of a thing. `left`: a lab that is gone made it. `uncertain`: it may be a lab's that this one
 * knows nothing of, another user's for example, or must be looked at. `shared`: labs share it, and it is kept on purpose.
 */
export type LeftoverStanding = 'left' | 'uncertain' | 'shared';

/** One thing on this computer that no living lab of this user owns. */
export interface Leftover {
  standing: LeftoverStanding;
  /** What it is, with its name: `container coreos-core-01`. */
  what: string;
  /** Where it is: `Docker`, or a path. */
  where: string;
  /** Why it is thought to be left. */
  why: string;
  /** The lab that it was made for, where that can be told. */
  lab?: string;
  bytes?: number;
  /** When it was made or last changed, ISO 8601. */
  since?: string;
  /** What a person can do about it; only of what `lab leftovers` does not remove. */
  advice?: string;
}

/** A lab by its name and its LAB_HOME. */
export interface LabPlace {
  home: string;
  lab: string;
}

/** A leftover, and how it is removed. */
export interface FoundLeftover {
  leftover: Leftover;
  /** The lab that must be held, and still be gone, while it is removed. */
  owner?: LabPlace;
  /** Its entry in the journal of what labs share, which is marked undone when it is removed. */
  entry?: number;
  /** Without it `leftover.advice` says what to do. Throws where it cannot be removed; what is not there any more is no error. */
  remove?: (signal: AbortSignal) => Promise<void>;
}

/** What became of one leftover. */
export interface LeftoverOutcome {
  leftover: Leftover;
  outcome: 'removed' | 'failed';
  /** Why it could not be removed. */
  reason?: string;
}
