/** The list in chunks of at most `size`. */
export function chunksOf<T>(list: readonly T[], size: number): T[][] {
  const chunks = [];
  for (let from = 0; from < list.length; from += size) chunks.push(list.slice(from, from + size));
  return chunks;
}
