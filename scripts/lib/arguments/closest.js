// As src/config/closest.ts, which is not built yet where this is needed.

function distance(a, b) {
  let before = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          last[j] + 1,
          row[j - 1] + 1,
          last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
          isSwapped ? before[j - 2] + 1 : Infinity,
        ),
      );
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

/** @returns {string|undefined} the known word that a wrong one was probably meant to be */
function closest(word, known) {
  const [best] = known
    .map((one) => ({ one, far: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, far }) => far <= Math.max(1, Math.floor(one.length / 3)))
    .sort((a, b) => a.far - b.far);
  return best?.one;
}

/** ` Did you mean "…"?`, or nothing. */
function didYouMean(word, known) {
  const meant = closest(word, known);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}

module.exports = { closest, didYouMean };
