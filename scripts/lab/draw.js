// npm run lab -- draw: makes the draws of a queue again from what is published (lab/draw). It uses no code of the product.
const { misuse, readArguments, TYPESCRIPT } = require('../lib/arguments/arguments');
const { baseUrl } = require('../lib/arguments/options');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');

const USAGE = `Usage: npm run lab -- draw [--url URL] [--queue ID] [--order]
Makes the draws of a queue again from what is published, and compares: root, beacon, seed.
  --url URL    of the installation (default http://127.0.0.1:8080)
  --queue ID   default main
  --order      also prints the order: number of the token, number by the draw
Exit code 1 when a draw is not as published, 2 when the draws cannot be read.`;

const OPTIONS = { url: { type: 'string' }, queue: { type: 'string' }, order: { type: 'boolean' } };

function run(args) {
  const { values } = readArguments({ usage: USAGE, options: OPTIONS, args });
  try {
    if (values.url !== undefined) baseUrl('--url', values.url);
  } catch (error) {
    throw misuse(error.message, USAGE);
  }
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'draw', 'main.mjs'), ...args]);
}

module.exports = {
  about: 'makes the draws of a queue again from what is published',
  usage: USAGE,
  run,
};
