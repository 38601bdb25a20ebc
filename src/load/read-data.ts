import { scenarioSchema } from '../model/scenario.ts';
import type { Scenario } from '../model/scenario.ts';
import { isBelow, mendData } from './mend-data.ts';
import type { MendedData } from './mend-data.ts';
import { scenarioJsonSchema } from './scenario-json-schema.ts';
import { schemaFindings } from './schema-findings.ts';
import { schemaProblems } from './schema-problems.ts';
import type { PathProblem } from './yaml-source.ts';

/** What a scenario's data says. */
export interface DataReading {
  /** Also where there are problems, so that the rest can be judged; undefined where too little of it is sure. */
  scenario: Scenario | undefined;
  /** What is wrong with the shape of the data. */
  problems: PathProblem[];
  /** Of what is found wrong with `scenario`, that which the file says, at the places where it says it. */
  ofFile(problems: readonly PathProblem[]): PathProblem[];
}

/** A key that is put right may hold a value that is wrong in its turn, and so may that. */
const mostRounds = 4;

/** Reads the data of a scenario file, with all that is wrong with its shape. */
export function readData(data: unknown): DataReading {
  const problems: PathProblem[] = [];
  const mended: MendedData = { data, madeUp: [], renamed: [] };
  const ofFile = (found: readonly PathProblem[]): PathProblem[] =>
    found.filter(({ path }) => !isBelow(path, mended.madeUp)).map((problem) => asWritten(problem, mended));
  for (let round = 0; round < mostRounds; round += 1) {
    const parsed = scenarioSchema.safeParse(mended.data);
    if (parsed.success) return { scenario: parsed.data, problems, ofFile };
    const findings = schemaFindings(parsed.error.issues, mended.data, scenarioJsonSchema());
    problems.push(...ofFile(schemaProblems(findings)));
    const next = mendData(mended.data, findings);
    if (next === undefined) break;
    mended.data = next.data;
    mended.madeUp.push(...next.madeUp);
    mended.renamed.push(...next.renamed);
  }
  return { scenario: undefined, problems, ofFile };
}

/** The same problem with the keys that the file has. */
function asWritten(problem: PathProblem, { renamed }: MendedData): PathProblem {
  const path = [...problem.path];
  for (const { path: right, key } of renamed) {
    if (isBelow(problem.path, [right])) path[right.length - 1] = key;
  }
  return { ...problem, path };
}
