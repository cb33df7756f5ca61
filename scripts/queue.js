// npm run queue -- status|pause|resume|limit N|rate N|auto: the operator override of a queue, on a running product.
// npm run queue -- report: how a sale went, from the database.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { asksForHelp, TYPESCRIPT, usageOf } = require('./lib/arguments/arguments');
const { Help, runMain } = require('./lib/running/failure');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { runTool } = require('./lib/tool');

const TAKE_VALUES = ['queue', 'url', 'out', 'schedule', 'since', 'until'];

/** The two tools judge their arguments: this only finds out which of them is wanted, and --out. */
const { positionals, values, tokens } = parseArgs({
  options: Object.fromEntries(TAKE_VALUES.map((name) => [name, { type: 'string' }])),
  strict: false,
  tokens: true,
});

/** The figures are the product's, the page is that of the load reports. */
async function report(args) {
  const code = await runTool('report', args, { needs: ['mariadb'] });
  if (code !== 0) return code;
  const page = [...TYPESCRIPT, inRoot('k6', 'runner', 'after-sale.ts'), path.resolve(values.out)];
  return spawnSync(nodeBinary(), page, { stdio: 'inherit' }).status ?? 1;
}

runMain(() => {
  const args = process.argv.slice(2);
  if (positionals[0] === 'report') {
    const rest = args.toSpliced(tokens.find(({ kind }) => kind === 'positional').index, 1);
    if (asksForHelp(rest)) throw new Help(usageOf('src/cli/report.ts'));
    return report(rest);
  }
  if (asksForHelp(args)) throw new Help(`${usageOf('src/cli/queue.ts')}\n\n${usageOf('src/cli/report.ts')}`);
  return runTool('queue', args);
});
