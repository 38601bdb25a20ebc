import { nextStep } from '../plan/chapter-progress.ts';
import { selectSteps } from '../plan/select-steps.ts';
import type { OpenLab } from './open-lab.ts';

/** `next: start - Start the service; \`lab next\``, or that the chapter is at its end. */
export function whatComesNext({ loaded, state }: OpenLab, labWords = ''): string {
  const steps = selectSteps(loaded.scenario, state.edition);
  const next = nextStep(steps, state.steps);
  if (next !== undefined) return `next: ${next.id} - ${next.title}; \`lab next${labWords}\``;
  const skipped = steps.filter((step) => state.steps[step.id]?.status === 'skipped').length;
  const all = skipped === 0 ? `All ${steps.length} steps` : `${steps.length - skipped} steps`;
  const rest = skipped === 0 ? '' : `, ${skipped} were skipped`;
  return `${all} of the chapter have passed${rest}; \`lab check${labWords}\` proves what must still hold.`;
}
