// Mutants of SQL and Lua, which a mutator of TypeScript takes for text: one small change each, such as a slip makes.
// None breaks the syntax or the number of placeholders, which any test would notice.

/** Blanks what is not code; offsets stay. */
const blank = (text, pattern) => text.replace(pattern, (match) => match.replace(/[^\n]/g, ' '));

/** [offset, length, replacement] of each match, the replacement by the matched text. */
const swaps = (masked, pattern, to) =>
  [...masked.matchAll(pattern)].map((match) => [match.index, match[0].length, to(match[0])]);

const BY_ONE = { '<=>': '=', '<=': '<', '>=': '>', '<': '<=', '>': '>=' };
/** A test cannot meet the one millisecond in which it matters: the other way round. */
const BY_CLOCK = { '<=': '>', '>=': '<', '<': '>=', '>': '<=' };
const SIGNS = { ' + ': ' - ', ' - ': ' + ' };

const STATEMENT = /^\s*(?:\(\s*)?(SELECT|INSERT|UPDATE|DELETE)\b/;
const STATUSES = {
  "'AVAILABLE'": "'RESERVED'",
  "'TEMP_RESERVED'": "'RESERVED'",
  "'RESERVED'": "'TEMP_RESERVED'",
  "'CANCELED'": "'RESERVED'",
  "'DONE'": "'PROGRESS'",
};
const ENDS = /^(AND|OR|WHERE|ORDER|GROUP|LIMIT|FOR|RETURNING|JOIN|LEFT)\b/;

/** Where the condition (or, at a comma, the assignment) that begins at `start` ends. */
function endOf(masked, start, { atComma = false } = {}) {
  let depth = 0;
  let at = start;
  for (; at < masked.length; at++) {
    if (masked[at] === '(') depth++;
    else if (masked[at] === ')' && --depth < 0) break;
    else if (depth > 0) continue;
    else if (atComma && masked[at] === ',') break;
    else if (/\W/.test(masked[at - 1] ?? ' ') && ENDS.test(masked.slice(at))) break;
  }
  return start + masked.slice(start, at).trimEnd().length;
}

/** Each condition as if it were not there. */
function conditions(sql, masked) {
  return [...masked.matchAll(/\b(?:WHERE|AND|ON|(OR))\b\s*|\((?=[^()]*(?:\([^()]*\)[^()]*)*\b(OR)\b)/g)].map(
    ([keyword, or, group], i, all) => {
      const start = all[i].index + keyword.length;
      const end = endOf(masked, start);
      const condition = sql.slice(start, end);
      return [start, end - start, `(${condition} ${(or ?? group) ? 'AND FALSE' : 'OR TRUE'})`];
    },
  );
}

/** Each assignment of an UPDATE as if it were not there. */
function assignments(sql, masked) {
  const found = [];
  const set = /^\s*UPDATE\b[^]*?\bSET\s+/.exec(masked);
  for (let start = set?.[0].length; start !== undefined && start < sql.length;) {
    const end = endOf(masked, start, { atComma: true });
    const [, column, value] = /^([\w.]+) = ([^]*)$/.exec(sql.slice(start, end));
    found.push([start, end - start, `${column} = IF(TRUE, ${column}, ${value})`]);
    start = masked[end] === ',' ? end + 1 + /^\s*/.exec(masked.slice(end + 1))[0].length : undefined;
  }
  return found;
}

function ofStatement(sql) {
  const masked = sql.replace(/'[^']*'|\$\{[^}]*\}/g, (match) => 'x'.repeat(match.length));
  const isByClock = (at) => /^[<>]=? NOW\(/.test(masked.slice(at));
  const comparisons = [...masked.matchAll(/<=>|[<>]=?/g)].map(({ 0: sign, index }) => [
    index,
    sign.length,
    (isByClock(index) ? BY_CLOCK : BY_ONE)[sign],
  ]);
  return [
    ...conditions(sql, masked),
    ...assignments(sql, masked),
    ...comparisons,
    ...swaps(masked, / [+-] /g, (sign) => SIGNS[sign]),
    ...swaps(sql, /'[A-Z_]+'/g, (status) => STATUSES[status] ?? status),
    ...swaps(masked, /\s+ORDER BY [\w.]+(?:, [\w.]+)*| LIMIT \d+| FOR UPDATE| SKIP LOCKED/g, () => ''),
  ];
}

function* ofSql(source) {
  const code = blank(source, /\/\*[^]*?\*\/|\/\/.*/g);
  for (const { 0: literal, index } of code.matchAll(/`[^`]*`|'[^'\n]*'|"[^"\n]*"/g)) {
    const sql = literal.slice(1, -1);
    if (STATEMENT.test(sql)) for (const [at, ...rest] of ofStatement(sql)) yield [index + 1 + at, ...rest];
  }
}

const LUA_WORDS = {
  ' and ': ' or ',
  ' or ': ' and ',
  'not ': '',
  'math.max': 'math.min',
  'math.min': 'math.max',
};
const LUA_EQUALITY = { '==': '~=', '~=': '==' };
/** A call or an assignment that is all of its line, or a block on one line. */
const LUA_LINE =
  /^ *(?!local |return|if |for |while )([a-z][\w.]*\(.*\)|[a-z][\w, ]*(\[[^\]]*\])? = .*[^,{(])$/i;
const LUA_BLOCK = /^ *(if|for) .* (then|do) .* end$/;

function* ofLua(source) {
  const masked = blank(blank(source, /'[^'\n]*'/g), /--.*/g);
  yield* swaps(masked, /(?<=[\w)\]] )[<>]=?(?= )(?<!\bnow [<>]=?)(?! now\b)/g, (sign) => BY_ONE[sign]);
  yield* swaps(masked, /(?<=\bnow )[<>]=?(?= )|(?<= )[<>]=?(?= now\b)/g, (sign) => BY_CLOCK[sign]);
  yield* swaps(masked, /==|~=/g, (sign) => LUA_EQUALITY[sign]);
  yield* swaps(masked, / [+-] /g, (sign) => SIGNS[sign]);
  yield* swaps(masked, / and | or |\bnot |math\.max|math\.min/g, (word) => LUA_WORDS[word]);
  const withStrings = blank(source, /--.*/g); // where a line ends, also with a text
  let at = 0;
  for (const line of masked.split('\n')) {
    const code = line.trimEnd();
    const opens = code.match(/[({]/g)?.length ?? 0;
    const closes = code.match(/[)}]/g)?.length ?? 0;
    if (opens === closes && (LUA_LINE.test(code) || LUA_BLOCK.test(code))) {
      const [start, end] = [code.search(/\S/), withStrings.slice(at, at + line.length).trimEnd().length];
      yield [at + start, end - start, ''];
    }
    at += line.length + 1;
  }
}

/** @returns {{line: number, from: string, to: string, text: string}[]} text: the whole file with the change */
function textMutants(file, source) {
  const found = [...(file.endsWith('.lua') ? ofLua : ofSql)(source)].map(([at, length, to]) => ({
    line: source.slice(0, at).split('\n').length,
    from: source.slice(at, at + length),
    to,
    text: source.slice(0, at) + to + source.slice(at + length),
  }));
  return found.filter(({ text }, i) => text !== source && found.findIndex((it) => it.text === text) === i);
}

module.exports = { textMutants };
