import type { ArtifactOptions } from '../artifacts/ensure-artifact.ts';
import type { BoxRequest } from '../model/plan.ts';
import type { BoxWish } from './choose-box.ts';

/** Where boxes are fetched from and to, and for what machines. */
export interface BoxOptions extends ArtifactOptions, Omit<BoxWish, 'version'> {
  /** Where copies of box metadata are kept, so that what was fetched can be used without internet. */
  metadataDir: string;
}

/** The box as a person names it: `bento/ubuntu-24.04 202502.21.0`. */
export function boxTitle({ name, version }: Pick<BoxRequest, 'name' | 'version'>): string {
  return version === undefined || version === '0' ? name : `${name} ${version}`;
}

/** What to do about a box that cannot be had. */
export const obtainBox =
  '`lab prefetch SCENARIO --to DIR` where there is internet; then LAB_MIRROR=DIR here.';
