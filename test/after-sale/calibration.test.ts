import { csvFiles } from '../../src/modules/after-sale/csv';
import { chanceFiguresOf, distributionOf } from '../../src/modules/after-sale/figures';
import type { SaleReport } from '../../src/modules/after-sale/schema';
import { type ChanceOutcome, wordOf } from '../../src/modules/catalog/sale-board/chances';
import { calibrationFigure } from '../../k6/runner/report/calibration';

const outcome = (chance: number, isServed: boolean): ChanceOutcome => ({
  word: wordOf(chance),
  chance,
  isServed,
  squaredError: (chance - (isServed ? 1 : 0)) ** 2,
});

/** Three likely ones in two tenths, one of them wrong, and an unlikely one. */
const OUTCOMES = [outcome(1, true), outcome(0.9, true), outcome(0.8, false), outcome(0.1, false)];
const CHANCES = chanceFiguresOf(OUTCOMES);

/** To a millionth: what is left is floating point. */
const rounded = (of: object): unknown =>
  JSON.parse(JSON.stringify(of), (_, value: unknown) =>
    typeof value === 'number' ? Math.round(1e6 * value) / 1e6 : value,
  );

describe('the figures of a report', () => {
  it('are by nearest rank, and 0 without values', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(distributionOf(values)).toMatchObject({
      count: 100,
      mean: 50.5,
      p10: 10,
      p50: 50,
      p99: 99,
      max: 100,
    });
    expect(distributionOf([])).toMatchObject({ count: 0, mean: 0, p50: 0, max: 0 });
  });
});

describe('the calibration of the chances', () => {
  it('compares for each word what was expected with what came true', () => {
    expect(rounded(CHANCES.words)).toEqual([
      { word: 'likely', said: 3, predicted: 0.9, served: 0.666667, brier: 0.216667 },
      { word: 'possible', said: 0, predicted: 0, served: 0, brier: 0 },
      { word: 'unlikely', said: 1, predicted: 0.1, served: 0, brier: 0.01 },
    ]);
  });

  it('does the same for each tenth of the chance that was published', () => {
    expect(rounded(CHANCES.bins)).toEqual([
      { from: 0.1, to: 0.2, word: 'unlikely', said: 1, predicted: 0.1, served: 0, brier: 0.01 },
      { from: 0.8, to: 0.9, word: 'likely', said: 1, predicted: 0.8, served: 0, brier: 0.64 },
      { from: 0.9, to: 1, word: 'likely', said: 2, predicted: 0.95, served: 1, brier: 0.005 },
    ]);
  });

  it('has one word for each tenth', () => {
    for (let i = 0; i < 1000; i++) {
      const chance = i / 999;
      expect(chanceFiguresOf([outcome(chance, true)]).bins[0]?.word).toBe(wordOf(chance));
    }
  });

  it('has the mean squared error as the Brier score, and none where nothing was predicted', () => {
    expect(CHANCES.brier).toBeCloseTo((0 + 0.01 + 0.64 + 0.01) / 4, 10);
    expect(chanceFiguresOf([])).toMatchObject({ brier: null, bins: [] });
  });

  it('is written as CSV, by word and by tenth', () => {
    const none = distributionOf([]);
    const report = { minutes: [], limits: [], waits: none, etaError: none, etaAbsoluteError: none };
    const files = csvFiles({ ...report, chances: CHANCES } as unknown as SaleReport);
    const [head, first] = files['calibration.csv']?.split('\r\n') ?? [];
    expect(head).toBe('from,to,chance,said,predicted,served,brier');
    expect(first).toMatch(/^0\.1,0\.2,unlikely,1,0\.1,0,0\.01/);
    expect(files['chances.csv']?.split('\r\n')[0]).toBe('chance,said,predicted,served,brier');
  });

  it('is drawn as a mark for each tenth: across what was expected, upwards what came true', () => {
    const figure = calibrationFigure(CHANCES);
    const marks = [...figure.matchAll(/<circle cx="(\d+)" cy="(\d+)" r="(\d+)" class="mark (c\d)"/g)];
    // The diagram goes from 56 to 296 across, and from 276 up to 20.
    expect(marks.map(([, ...of]) => of.map((text) => (text.startsWith('c') ? text : Number(text))))).toEqual([
      [80, 276, 10, 'c2'],
      [248, 276, 10, 'c0'],
      [284, 20, 14, 'c0'],
    ]);
    expect(figure).toContain('(Brier score 0.165)');
    expect(figure).toContain('data-text="likely, said 2 times\n95.0 % expected\n100.0 % came true"');
    expect(figure).toContain('>likely, said 3 times</text>');
    expect(calibrationFigure(chanceFiguresOf([]))).toBe('');
  });
});
