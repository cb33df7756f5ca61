const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** "src/a.ts:5 SQL: id = ? → (id = ? OR TRUE)" */
const describeMutant = ({ file, line, kind, from, to }) =>
  `${file}:${line} ${kind}: ${oneLine(from)} → ${oneLine(to) || 'nothing'}`;

const isSame = (one, other) => one.range === other.range && describeMutant(one) === describeMutant(other);

/** A row for each area and part: a mutant that makes tests never end counts as noticed. */
function tableOf(results) {
  const rows = results.map(({ name, part, mutants }) => {
    const survived = mutants.filter(({ status }) => status === 'survived').length;
    const killed = mutants.length - survived;
    const score = mutants.length === 0 ? 100 : (100 * killed) / mutants.length;
    return `| ${name} | ${part} | ${mutants.length} | ${killed} | ${survived} | ${score.toFixed(1)} % |`;
  });
  return ['| area | part | mutants | killed | survived | score |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

module.exports = { describeMutant, isSame, tableOf };
