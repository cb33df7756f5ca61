/** How many letters must be inserted, left out, changed or swapped with their neighbour to make `a` into `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const at = (list: number[], index: number): number => list[index] ?? Infinity;
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          at(last, j - 1) + (isSame ? 0 : 1),
          isSwapped ? at(before, j - 2) + 1 : Infinity,
        ),
      );
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? Infinity;
}

/**
 * The known word that a wrong one was probably meant to be: at most a third of its letters differ. The scripts have
 * the same (scripts/lib/arguments/closest.js): they run before this is built, and the image has no scripts.
 */
export function closest(word: string, known: readonly string[]): string | undefined {
  const most = ({ length }: string): number => Math.max(1, Math.floor(length / 3));
  const [best] = known
    .filter((one) => Math.abs(one.length - word.length) <= most(one)) // the others need more changes than that
    .map((one) => ({ one, far: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, far }) => far <= most(one))
    .sort((a, b) => a.far - b.far);
  return best?.one;
}

/** ` Did you mean "…"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}
