// npm run lab -- draw: makes the draws of a queue again from what is published (lab/draw). It uses no code of the product.
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');

const USAGE = `Usage: npm run lab -- draw [--url URL] [--queue ID] [--order]
Makes the draws of a queue again from what is published, and compares: root, beacon, seed.
  --url URL    of the installation (default http://127.0.0.1:8080)
  --queue ID   default main
  --order      also prints the order: number of the token, number by the draw
Exit code 1 when a draw is not as published.`;

module.exports = {
  about: 'makes the draws of a queue again from what is published',
  usage: USAGE,
  run: (args) => exitCodeOf(nodeBinary(), [inRoot('lab', 'draw', 'main.mjs'), ...args]),
};
