import { stripVTControlCharacters } from 'node:util';
import type { Handler } from '../runner.ts';

/** Builds what machines are made from. Images outlive the lab: they are in the journal of what labs share. */
export const buildImage: Handler<'build-image'> = async (task, context, report) => {
  await context.provider.prepareImage((text) => {
    // docker colours its output and overwrites lines of it even when nobody watches.
    const line = stripVTControlCharacters(text).replaceAll('\r', '');
    context.log(line);
    report.progress(line);
  }, context.signal);
  return { status: 'changed', message: task.image };
};
