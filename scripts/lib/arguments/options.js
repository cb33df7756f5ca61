// The one way in which commands read their options.
const { parseArgs } = require('node:util');
const { didYouMean } = require('./closest');

/**
 * `parseArgs` of Node, with its errors in words. It would take the last one of an option that is given twice.
 * @param {import('node:util').ParseArgsConfig} config
 * @throws Error that names the option, with a suggestion for one that is not known
 */
function readOptions(config) {
  const { options = {} } = config;
  let parsed;
  try {
    parsed = parseArgs({ ...config, tokens: true });
  } catch (error) {
    const [, option] = /'(--?[^' =]+)/.exec(error.message) ?? [];
    const known = Object.keys(options).map((name) => `--${name}`);
    const what = error.message.replace(/\. To specify a positional.*$/s, '.');
    throw new Error(`${what}${known.includes(option) ? '' : didYouMean(option ?? '', known)}`, {
      cause: error,
    });
  }
  const given = parsed.tokens.filter(
    ({ kind, name }) => kind === 'option' && options[name]?.multiple !== true,
  );
  const twice = given.find(({ name }, i) => given.findIndex((token) => token.name === name) !== i);
  if (twice !== undefined) throw new Error(`Option '${twice.rawName}' is given twice.`);
  return parsed;
}

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * The number that a text is in plain digits, as variables have them: not " ", 1e3, 0x10 or 010, which `Number` takes.
 * @param {string} text
 * @returns {number} NaN for anything else
 */
const plainNumber = (text) => (PLAIN.test(text) ? Number(text) : NaN);

module.exports = { readOptions, plainNumber };
