// npm run queue -- status|pause|resume|limit N|rate N|auto: the operator override of a queue, on a running product.
// npm run queue -- report: how a sale went, from the database.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { asksForHelp, TYPESCRIPT, usageOf } = require('./lib/arguments/arguments');
const { Help, runMain } = require('./lib/running/failure');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { runTool } = require('./lib/tool');

/** The tool has checked its arguments, so that there is an --out. */
function folderOf(args) {
  const at = args.findIndex((argument) => argument === '--out' || argument.startsWith('--out='));
  return path.resolve(args[at].startsWith('--out=') ? args[at].slice('--out='.length) : args[at + 1]);
}

/** The figures are the product's, the page is that of the load reports. */
async function report(args) {
  const code = await runTool('report', args, { needs: ['mariadb'] });
  if (code !== 0) return code;
  const page = [...TYPESCRIPT, inRoot('k6', 'runner', 'after-sale.ts'), folderOf(args)];
  return spawnSync(nodeBinary(), page, { stdio: 'inherit' }).status ?? 1;
}

runMain(() => {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'report' && asksForHelp(rest)) throw new Help(usageOf('src/cli/report.ts'));
  if (command === 'report') return report(rest);
  const args = process.argv.slice(2);
  if (asksForHelp(args)) throw new Help(`${usageOf('src/cli/queue.ts')}\n\n${usageOf('src/cli/report.ts')}`);
  return runTool('queue', args);
});
