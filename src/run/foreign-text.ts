import { count } from '../model/count.ts';

/** Where lines of somebody else were found in a block of lab's, and what became of them. */
export interface ForeignLines {
  file: string;
  /** Each without its newline. */
  lines: readonly string[];
  /**
   * `kept`: they are still in the block. `left`: the block is gone, and they are in its place. `replaced`: lab's journal
   * knew nothing of the block, which was taken over.
   */
  fate: 'kept' | 'left' | 'replaced';
}

/** Says which lines of somebody else are or were where; no text where there are none. */
export function foreignLinesText({ file, lines, fate }: ForeignLines): string[] {
  if (lines.length === 0) return [];
  const isOne = lines.length === 1;
  const what = `${count(lines.length, 'line')} in lab's block in ${file}`;
  const shown = lines.map((line) => JSON.stringify(line)).join(', ');
  const [is, it] = isOne ? ['is', 'it'] : ['are', 'them'];
  const said = {
    kept: `${is} not lab's; lab leaves ${it} there`,
    left: `${is} not lab's; the block is gone and lab has left ${it} in its place`,
    replaced: `${isOne ? 'was' : 'were'} of a lab that this LAB_HOME knows nothing of; lab has replaced ${it}`,
  };
  return [`${what} ${said[fate]}: ${shown}`];
}
