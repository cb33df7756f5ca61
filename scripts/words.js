// node scripts/words.js [path …] [--summary]: refuses the words that docs/glossary.md has put out of use. Part of `npm run check`.
const fs = require('node:fs');
const { misuse, readArguments } = require('./lib/arguments/arguments');
const { runMain } = require('./lib/running/failure');
const { inRoot, root } = require('./lib/paths');
const { run } = require('./lib/running/run');
const { findWords, isChecked } = require('./lib/words/words');

const USAGE = `node scripts/words.js [path …] [--summary]

Prints each word that docs/glossary.md has put out of use, with its place and what to write instead.
  --summary   only counts them, by folder`;

/** Files of the repository, also those that are not committed yet. */
async function filesUnder(paths) {
  const listed = await run('git', ['ls-files', '-z', '-co', '--exclude-standard', '--', ...paths], {
    cwd: root,
  });
  const files = [...new Set(listed.split('\0'))].filter((file) => file !== '' && isChecked(file)).sort();
  return files.filter((file) => fs.lstatSync(inRoot(file), { throwIfNoEntry: false })?.isFile() === true);
}

const folderOf = (file) => file.split('/').slice(0, -1).slice(0, 3).join('/') || '.';

runMain(async () => {
  const { values, positionals } = readArguments({
    usage: USAGE,
    options: { summary: { type: 'boolean', default: false } },
    names: process.argv.slice(2),
    atMost: Infinity,
  });
  const missing = positionals.find((path) => !fs.existsSync(inRoot(path)));
  if (missing !== undefined) throw misuse(`There is no ${missing}.`, USAGE); // git would list nothing, and all were well
  const byFolder = new Map();
  let count = 0;
  for (const file of await filesUnder(positionals)) {
    const found = findWords(file, fs.readFileSync(inRoot(file), 'utf8'));
    count += found.length;
    if (found.length > 0) byFolder.set(folderOf(file), (byFolder.get(folderOf(file)) ?? 0) + found.length);
    if (values.summary) continue;
    for (const { line, word, write } of found)
      console.log(`${file}:${line}: "${word}" is out; write: ${write}`);
  }
  if (values.summary) for (const [folder, n] of byFolder) console.log(`${String(n).padStart(5)} ${folder}`);
  if (count === 0) return 0;
  console.log(`${count} words are out of use (docs/glossary.md).`);
  return 1;
});
