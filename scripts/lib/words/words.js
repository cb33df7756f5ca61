// Finds words that docs/glossary.md has put out of use. The list is words.json; a test compares it with the glossary.
const { rules, exceptFiles } = require('./words.json');

/** A line may keep a word by saying so: `words-allow: member`, in the line or in the one before. */
const MARKER = /words-allow: ?([\w ,'’]+)/;
const EXCEPT = exceptFiles.map((pattern) => new RegExp(pattern));
const RULES = rules.map(({ pattern, allow = [], exceptFiles: files = [], ...rule }) => ({
  ...rule,
  // `, too` begins with a comma, so that a boundary in front of it would not match.
  regex: new RegExp(/^\w/.test(pattern) ? `\\b(?:${pattern})\\b` : pattern, 'gi'),
  allow: allow.map((context) => new RegExp(context, 'g')),
  except: files.map((file) => new RegExp(file)),
}));

/** `openDoor`, `OPEN_DOOR` and `open-door` → the words of which a name is made. */
const wordsOfNames = (line) => line.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/_/g, ' ');

const isChecked = (file) => !EXCEPT.some((pattern) => pattern.test(file));

/** @returns {{line: number, word: string, write: string}[]} the words of a text that are out, by line */
function findWords(file, text) {
  const found = [];
  let before = '';
  text.split('\n').forEach((line, index) => {
    const allowed = `${MARKER.exec(line)?.[1] ?? ''} ${MARKER.exec(before)?.[1] ?? ''}`;
    before = line;
    for (const { out, write, inNames, regex, allow, except } of RULES) {
      if (except.some((pattern) => pattern.test(file))) continue;
      const cleared = allow.reduce((rest, context) => rest.replace(context, ''), line);
      for (const [word] of (inNames ? wordsOfNames(cleared) : cleared).matchAll(regex))
        if (!allowed.includes(out)) found.push({ line: index + 1, word: word.replace(/^, /, ''), write });
    }
  });
  return found;
}

module.exports = { rules, isChecked, findWords };
