// Which services the tests need that the arguments name.
const fs = require('node:fs');
const path = require('node:path');
const { inRoot } = require('../paths');

/** How a test gets its broker (test/support/clients/kafka.ts). */
const CALL = 'kafkaBrokers(';

const testFiles = () =>
  fs
    .readdirSync(inRoot('test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join('test', name));

/**
 * A Kafka takes 8 s to start, and few files need one. Only paths below test/ say which files are wanted: with any other
 * argument but an option, which may be a pattern or the value of an option, it is started.
 * @param {string[]} args of jest
 */
function needsKafka(args) {
  const wanted = args.filter((argument) => !argument.startsWith('-'));
  const paths = wanted.map((argument) => argument.replace(/^\.\//, ''));
  if (paths.length === 0 || !paths.every((one) => /^test\/[\w./-]*$/.test(one))) return true;
  return testFiles()
    .filter((file) => paths.some((one) => file.startsWith(one)))
    .some((file) => fs.readFileSync(inRoot(file), 'utf8').includes(CALL));
}

module.exports = { needsKafka };
