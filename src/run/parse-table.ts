/** Text in columns below a header line. */
export interface Table {
  columns: string[];
  /** One entry a row: the cell of each column, empty where the row has none. */
  rows: Record<string, string>[];
}

/**
 * Reads a table as command line tools print it. `tabs`: cells are told apart by one or more tabs, as fleetctl's
 * tabwriter does when it pads with tabs. `spaces`: columns stand below their header (docker, kubectl), so that empty
 * cells stay empty; rows that do not keep to the columns are split at two or more blanks.
 * Returns undefined when there is no header, which is the first line that is not blank.
 */
export function parseTable(text: string, separator: 'tabs' | 'spaces'): Table | undefined {
  const [header, ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (header === undefined) return undefined;
  const columns = separator === 'tabs' ? splitAtTabs(header) : splitAtSpaces(header);
  const cellsOf = separator === 'tabs' ? splitAtTabs : columnSplitter(header);
  const rows = lines.map((line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
  return { columns, rows };
}

function splitAtTabs(line: string): string[] {
  return line
    .trimEnd()
    .split(/\t+/)
    .map((cell) => cell.trim());
}

function splitAtSpaces(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}

function columnSplitter(header: string): (line: string) => string[] {
  const starts = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => match.index);
  return (line) => {
    const crossed = starts.some((start) => start > 0 && /\S/.test(line[start - 1] ?? ' '));
    if (crossed) return splitAtSpaces(line);
    return starts.map((start, index) => line.slice(index === 0 ? 0 : start, starts[index + 1]).trim());
  };
}
