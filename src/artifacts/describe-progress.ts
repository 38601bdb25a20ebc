const megabyte = 1_000_000;
/** Without a known length: a line for so many bytes. */
const everyBytes = 10 * megabyte;

/** Turns byte counts into lines, one for each tenth of the whole: `fleet: 4.1 of 8.2 MB`. */
export function describeProgress(
  name: string,
  onProgress: (text: string) => void,
): (bytes: number, total: number | undefined) => void {
  let reported = 0;
  return (bytes, total) => {
    const part = total === undefined ? Math.floor(bytes / everyBytes) : Math.floor((bytes / total) * 10);
    if (part <= reported) return;
    reported = part;
    const of = total === undefined ? '' : ` of ${inMegabytes(total)}`;
    onProgress(`${name}: ${inMegabytes(bytes)}${of} MB`);
  };
}

function inMegabytes(bytes: number): string {
  return (bytes / megabyte).toFixed(1);
}
