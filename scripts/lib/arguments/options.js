// The one way in which commands read their options.
const { parseArgs } = require('node:util');
const { didYouMean } = require('./closest');

/**
 * `parseArgs` of Node, with its errors in words. It would take the last one of an option that is given twice, and an empty
 * text, which is what a shell makes of a variable that is not set.
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
  const empty = parsed.tokens.find(({ value }) => value === '');
  if (empty !== undefined)
    throw new Error(
      empty.kind === 'option' ? `Option '${empty.rawName}' is empty.` : 'An argument is empty.',
    );
  return parsed;
}

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * The number that a text is in plain digits, as variables have them: not " ", 1e3, 0x10 or 010, which `Number` takes.
 * @param {string} text
 * @returns {number} NaN for anything else
 */
const plainNumber = (text) => (PLAIN.test(text) ? Number(text) : NaN);

/**
 * Where a product is. Paths are put behind it.
 * @param {string} option for the error
 * @param {string} text
 * @returns {string} without a / at its end
 * @throws Error that names the option
 */
function baseUrl(option, text) {
  const { protocol, username, password } = URL.canParse(text) ? new URL(text) : {};
  if (!/^https?:\/\/[^/?#]/i.test(text) || protocol === undefined)
    throw new Error(`${option} must be a URL that starts with http:// or https://, not "${text}".`);
  if (username + password !== '') throw new Error(`${option} must have no user and no password.`);
  if (/[?#]/.test(text)) throw new Error(`${option} must have no ? and no #: a path is put behind it.`);
  return text.replace(/\/$/, '');
}

module.exports = { readOptions, plainNumber, baseUrl };
