// npm run queue -- status|pause|resume|limit N|rate N|auto: the operator override of a queue, on a running product.
const { asksForHelp, usageOf } = require('./lib/arguments/arguments');
const { Help, runMain } = require('./lib/running/failure');
const { runTool } = require('./lib/tool');

runMain(() => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) throw new Help(usageOf('src/cli/queue.ts'));
  return runTool('queue', args);
});
