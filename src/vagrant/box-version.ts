import semver from 'semver';

/**
 * Orders versions of boxes, older first: `4593.2.5`, `202502.21.0`, but also `1.2.3.4` and `0`. What semver does not
 * tell apart is ordered by the numbers in it.
 */
export function compareBoxVersions(a: string, b: string): number {
  const [left, right] = [read(a), read(b)];
  const order = left === null || right === null ? 0 : semver.compare(left, right);
  return order === 0 ? a.localeCompare(b, 'en', { numeric: true }) : order;
}

function read(version: string): semver.SemVer | null {
  return semver.parse(version, { loose: true }) ?? semver.coerce(version);
}
