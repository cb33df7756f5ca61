import { createHash } from 'node:crypto';
import { EntryNumbers, writeDraws } from '../../src/modules/waiting-room/opening/draws';
import { Shuffle } from '../../src/modules/waiting-room/opening/shuffle';

const seedOf = (n: number): Buffer => createHash('sha256').update(String(n)).digest();

function all(shuffle: Shuffle): number[] {
  const rounds = shuffle.rounds();
  for (;;) {
    const { done, value } = rounds.next();
    if (done === true) return [...value];
  }
}

describe('the shuffle of a draw', () => {
  it('gives every index another place, the same by itself and with all others', () => {
    for (const count of [0, 1, 2, 3, 100, 255, 256, 257, 1000]) {
      const shuffle = new Shuffle(seedOf(count), count);
      const places = all(shuffle);
      expect(new Set(places).size).toBe(count);
      expect(places).toEqual(Array.from({ length: count }, (_, i) => shuffle.indexOf(i)));
      expect(Math.max(-1, ...places)).toBe(count - 1);
    }
  });

  it('gives each of three entries each place in a third of the draws', () => {
    const draws = 3000;
    const counts = Array.from({ length: 9 }, () => 0);
    for (let n = 0; n < draws; n++)
      all(new Shuffle(seedOf(n), 3)).forEach(
        (place, i) => (counts[3 * i + place] = (counts[3 * i + place] ?? 0) + 1),
      );
    // The seeds are fixed, so the counts are: they lie within four standard deviations (26) of a third.
    for (const count of counts) expect(Math.abs(count - draws / 3)).toBeLessThan(104);
  });
});

describe('the numbers of entries', () => {
  const seed = seedOf(1).toString('hex');
  const numbers = new EntryNumbers();

  it('change for those who take part, to those behind the last of them, and for nobody else', async () => {
    numbers.update(writeDraws([{ firstSeq: 10, lastSeq: 20, seed }]));
    const before = Array.from({ length: 30 }, (_, i) => numbers.of(i + 1));
    await numbers.computed();
    expect(Array.from({ length: 30 }, (_, i) => numbers.of(i + 1))).toEqual(before);
    expect(before.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(before.slice(20)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(before.slice(10, 20).sort((a, b) => a - b)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('change once more with a second draw', () => {
    const first = numbers.of(15);
    numbers.update(
      writeDraws([
        { firstSeq: 10, lastSeq: 20, seed },
        { firstSeq: 20, lastSeq: 32, seed },
      ]),
    );
    const second = numbers.of(15);
    expect(second).toBeGreaterThan(32);
    expect(numbers.of(first)).toBe(second);
  });
});
