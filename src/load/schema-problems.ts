import type { Finding } from './schema-findings.ts';
import { labelOf } from './schema-message.ts';
import type { PathProblem } from './yaml-source.ts';

/** What was found wrong with the shape of the data, in plain words. */
export function schemaProblems(findings: readonly Finding[]): PathProblem[] {
  return findings.map((finding): PathProblem => {
    switch (finding.kind) {
      case 'value':
        return finding.problem;
      case 'missing-key': {
        const { path, key } = finding;
        const where = path.length === 0 ? 'the scenario' : labelOf(path);
        return { path, at: 'key', message: `${where} lacks the key '${key}'` };
      }
      case 'unknown-key':
        return unknownKey(finding);
    }
  });
}

function unknownKey({ path, key, allowed, meant }: Extract<Finding, { kind: 'unknown-key' }>): PathProblem {
  const question = meant === undefined ? '' : ` — did you mean '${meant}'?`;
  const hint = meant === undefined ? { hint: `Keys allowed here: ${allowed.join(', ')}.` } : {};
  return { path: [...path, key], at: 'key', message: `unrecognised key '${key}'${question}`, ...hint };
}
