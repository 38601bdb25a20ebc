import type { Handler } from '../runner.ts';

/** Puts boxes into Vagrant's store before any machine is made from them. They outlive the lab: they are in the journal of what labs share. */
export const addBoxes: Handler<'add-boxes'> = async (task, context, report) => {
  const messages: string[] = [];
  for (const box of task.boxes) {
    const said = await context.addBox(box, (text) => {
      report.progress(text);
    });
    messages.push(said);
  }
  return { status: 'changed', message: messages.join('; ') };
};
