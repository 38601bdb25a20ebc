import type { TableExpectation } from '../model/scenario.ts';
import { compilePattern, toCount } from './check-finding.ts';
import type { Finding } from './check-finding.ts';
import { parseTable } from './parse-table.ts';
import type { Table } from './parse-table.ts';

type Row = Table['rows'][number];

/** Holds a text against the table that is expected in it. One finding for each thing asked of the table. */
export function checkTable(expectation: TableExpectation, text: string): Finding[] {
  const table = parseTable(text, expectation.separator);
  if (table === undefined) {
    return [{ passed: false, expected: 'a table with a header', actual: 'no output' }];
  }
  const absent = namedColumns(expectation).filter((column) => !table.columns.includes(column));
  if (absent.length > 0) return [columnsMissing(absent, table, expectation.separator)];
  return [
    ...rowCount(expectation, table.rows.length),
    ...Object.entries(expectation.every ?? {}).map(([column, pattern]) => everyRow(table, column, pattern)),
    ...(expectation.some ?? []).map((wanted) => someRow(table, wanted)),
    ...(expectation.distinct === undefined ? [] : [distinctCells(table, expectation.distinct)]),
  ];
}

function namedColumns({ every = {}, some = [], distinct }: TableExpectation): string[] {
  const names = [...Object.keys(every), ...some.flatMap((row) => Object.keys(row))];
  return [...new Set(distinct === undefined ? names : [...names, distinct])];
}

function columnsMissing(absent: string[], { columns }: Table, separator: string): Finding {
  const unsplit = separator === 'tabs' && columns.length === 1 && /\s{2,}/.test(columns[0] ?? '');
  const why = unsplit ? ' (no tabs in it; `separator: spaces` reads it)' : '';
  return {
    passed: false,
    expected: `a table with the ${absent.length === 1 ? 'column' : 'columns'} ${absent.join(', ')}`,
    actual: `the header is ${columns.join(', ')}${why}`,
  };
}

function rowCount(expectation: TableExpectation, actual: number): Finding[] {
  const findings: Finding[] = [];
  const seen = rowsInWords(actual);
  if (expectation.rows !== undefined) {
    const wanted = toCount(expectation.rows);
    findings.push({ passed: actual === wanted, expected: rowsInWords(wanted), actual: seen });
  }
  if (expectation.minRows !== undefined) {
    const wanted = toCount(expectation.minRows);
    findings.push({ passed: actual >= wanted, expected: `at least ${rowsInWords(wanted)}`, actual: seen });
  }
  // "Every row is ready" says nothing about a table without rows, so that is not taken for success.
  if (findings.length === 0) findings.push({ passed: actual > 0, expected: 'at least 1 row', actual: seen });
  return findings;
}

function everyRow({ rows }: Table, column: string, pattern: string): Finding {
  const wrong = rows.flatMap((row, index) =>
    cellMatches(row, column, pattern) ? [] : [`row ${index + 1} has "${row[column] ?? ''}"`],
  );
  return {
    passed: wrong.length === 0,
    expected: `${column} is ${pattern} in every row`,
    actual: `${column}: ${firstOf(wrong)}`,
  };
}

function someRow({ rows }: Table, wanted: Record<string, string>): Finding {
  const conditions = Object.entries(wanted);
  const misses = rows.map((row) =>
    conditions.filter(([column, pattern]) => !cellMatches(row, column, pattern)),
  );
  const fewest = Math.min(...misses.map((missed) => missed.length));
  const closest = misses.findIndex((missed) => missed.length === fewest);
  const differences = misses[closest]?.map(([column]) => `${column} is "${rows[closest]?.[column] ?? ''}"`);
  return {
    passed: fewest === 0,
    expected: `a row where ${conditions.map(([column, pattern]) => `${column} is ${pattern}`).join(' and ')}`,
    actual:
      differences === undefined ? 'no rows' : `no such row; in row ${closest + 1} ${differences.join(', ')}`,
  };
}

function distinctCells({ rows }: Table, column: string): Finding {
  const seen = new Map<string, number>();
  const repeated = rows.flatMap((row, index) => {
    const cell = row[column] ?? '';
    const earlier = seen.get(cell);
    if (earlier !== undefined) return [`rows ${earlier + 1} and ${index + 1} both have "${cell}"`];
    seen.set(cell, index);
    return [];
  });
  return {
    passed: repeated.length === 0,
    expected: `${column} differs from row to row`,
    actual: `${column}: ${firstOf(repeated)}`,
  };
}

function cellMatches(row: Row, column: string, pattern: string): boolean {
  return compilePattern(`^(?:${pattern})$`).test(row[column] ?? '');
}

function rowsInWords(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function firstOf(all: readonly string[]): string {
  const rest = all.length - 3;
  return all.slice(0, 3).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
