// npm run cluster -- charts: the derived parts of charts/, which are the value tables of the READMEs (made from values.yaml
// and its comments) and the definitions that all schemas share. Without --write it only names what is out of date.
const fs = require('node:fs');
const path = require('node:path');
const { misuse, readArguments } = require('../lib/arguments/arguments');
const { assembleAll } = require('../lib/deploys/charts');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { inRoot } = require('../lib/paths');

const USAGE = `npm run cluster -- charts [--write]        names the derived parts of charts/ that are out of date; --write: writes them
npm run cluster -- charts --pack FOLDER   writes complete charts into FOLDER, for helm package or skaffold
  --image IMAGE   with this image of the product: registry.example/concert-api:1.2.3@sha256:…`;

const CHARTS = inRoot('charts');
const DEFINITIONS = path.join(CHARTS, 'common', 'values.defs.json');
const DERIVED_IN = ['values.yaml', 'README.md', 'values.schema.json'];
const TABLE = /(<!-- values -->\n)[^]*?(<!-- \/values -->)/;

const read = (file) => fs.readFileSync(file, 'utf8');

/** @returns {string[]} names of charts */
const derivable = () =>
  fs
    .readdirSync(CHARTS)
    .filter(
      (name) => name !== 'common' && DERIVED_IN.every((base) => fs.existsSync(path.join(CHARTS, name, base))),
    )
    .sort();

/** Only the lines right above a key are about it. */
const lastParagraph = (comment) =>
  (comment ?? '')
    .split(/\n\s*\n/)
    .at(-1)
    .replace(/\n/g, ' ')
    .trim();

/** @returns {{name: string, value: unknown, about: string}[]} every value, a nested one by its path */
function valuesOf(map, prefix = '') {
  return map.items.flatMap(({ key, value }, index) => {
    const name = prefix + key.value;
    if (value?.items?.length > 0 && !value.flow && value.items[0].key) return valuesOf(value, `${name}.`);
    // The comment above a map's first key belongs to the map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : '');
    return [{ name, value: value.toJSON(), about: lastParagraph(comment) }];
  });
}

const shown = (value) =>
  value === '' ? '–' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
const cell = (text) => text.replace(/\|/g, '\\|');

function tableOf(yaml) {
  const { parseDocument } = require('yaml');
  const rows = valuesOf(parseDocument(yaml).contents).map(
    ({ name, value, about }) => `| \`${name}\` | ${cell(shown(value))} | ${cell(about)} |`,
  );
  return ['| value | default | what it does |', '|---|---|---|', ...rows, ''].join('\n');
}

/** The definitions that a schema refers to, and those that they refer to. */
function definitionsFor(schema) {
  const all = JSON.parse(read(DEFINITIONS));
  const used = new Set();
  const collect = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/\$defs\/(\w+)"/g)) {
      if (used.has(name) || !all[name]) continue;
      used.add(name);
      collect(all[name]);
    }
  };
  collect(schema);
  return Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)));
}

function schemaWithDefinitions(text) {
  const { $defs: own = {}, ...schema } = JSON.parse(text);
  const shared = definitionsFor({ ...schema, own });
  const $defs = { ...own, ...shared };
  return `${JSON.stringify({ ...schema, ...(Object.keys($defs).length > 0 && { $defs }) }, null, 2)}\n`;
}

/** @returns {{file: string, text: string}[]} what the derived files should be */
function derived() {
  return derivable().flatMap((name) => {
    const file = (base) => path.join(CHARTS, name, base);
    const readme = read(file('README.md'));
    if (!TABLE.test(readme))
      throw new Failure(`charts/${name}/README.md has no place for the table: <!-- values -->`);
    const table = tableOf(read(file('values.yaml')));
    return [
      { file: file('README.md'), text: readme.replace(TABLE, (_, start, end) => start + table + end) },
      { file: file('values.schema.json'), text: schemaWithDefinitions(read(file('values.schema.json'))) },
    ];
  });
}

/** @returns {string[]} files that are not what they should be */
const stale = () =>
  derived()
    .filter(({ file, text }) => read(file) !== text)
    .map(({ file }) => path.relative(inRoot(), file));

async function run(args) {
  const options = {
    write: { type: 'boolean', default: false },
    pack: { type: 'string' },
    image: { type: 'string' },
  };
  const { values } = readArguments({ args, usage: USAGE, options });
  if (values.image !== undefined && values.pack === undefined)
    throw misuse(
      '--image needs --pack: the charts of the repository name the image that is built here.',
      USAGE,
    );
  if (values.pack !== undefined) {
    assembleAll(path.resolve(values.pack), values.image);
    return 0;
  }
  await ensureDependencies();
  const files = stale();
  if (values.write) for (const { file, text } of derived()) fs.writeFileSync(file, text);
  else if (files.length > 0)
    throw new Failure(`out of date: ${files.join(', ')}`, { todo: 'npm run cluster -- charts --write' });
  return 0;
}

module.exports = { about: 'checks or writes the derived parts of charts/', usage: USAGE, run, stale };
