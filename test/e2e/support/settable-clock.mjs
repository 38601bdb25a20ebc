/**
 * Preloaded into a `lab` process: at each SIGUSR2 somebody sets the computer's clock, two hours forward and then back to
 * where it was. Only what asks for the time of day sees it.
 */
const forwardMs = 2 * 60 * 60 * 1000;
const RealDate = Date;
let offset = 0;
process.on('SIGUSR2', () => {
  offset = offset === 0 ? forwardMs : 0;
});
globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + offset);
    else super(...values);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
