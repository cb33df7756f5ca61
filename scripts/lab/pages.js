// npm run lab -- pages: how fast the buyer's page is on a slow phone, and its pictures (docs/pages.md).
const crypto = require('node:crypto');
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { freshDatabase } = require('../lib/database');
const { ensureDependencies } = require('../lib/dependencies');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { step } = require('../lib/running/progress');
const { exitCodeOf } = require('../lib/running/run');
const { ensureServices, release } = require('../lib/services');
const { findTool } = require('../lib/tools/tools');

const OPTIONS = 'lab/pages/options.ts';
/** After a signal the children are killed at once, so a longer wait is a hang. */
const PATIENCE_MS = 10_000;
const SEED = ['--users', '500', '--concerts', '2', '--dates', '1', '--seats', '200', '--shop'];

/** Built pages and a browser are all that a comparison needs. */
async function prepareComparison() {
  await build();
  return { ...process.env, CHROMIUM: await findTool('chromium'), TZ: 'UTC' };
}

async function prepare() {
  const urls = await ensureServices(['mariadb', 'redis'], { what: 'npm run lab -- pages', forTests: true });
  await build();
  const CHROMIUM = await findTool('chromium');
  const TOKEN_SECRET = crypto.randomBytes(48).toString('base64url'); // every process demands it; nothing uses it here
  const env = { ...process.env, ...urls, CHROMIUM, TZ: 'UTC', NODE_ENV: 'test', TOKEN_SECRET };
  await step('a separate database', async () => {
    Object.assign(env, await freshDatabase(urls, { suffix: 'pages', seed: SEED, env }));
  });
  return env;
}

async function run(args) {
  listen();
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  try {
    const env = await withLock(args.includes('--compare') ? prepareComparison : prepare);
    const program = [...TYPESCRIPT, inRoot('lab', 'pages', 'main.ts'), ...args];
    return await exitCodeOf(nodeBinary(), program, { env, patienceMs: PATIENCE_MS });
  } finally {
    await release();
  }
}

module.exports = {
  about: 'measures the buyer’s page on a slow phone, and makes its pictures',
  usage: () => usageOf(OPTIONS),
  run,
};
