import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface File {
  name: string;
  status: 'passed' | 'failed';
  assertionResults: { status: string }[];
}

interface Report {
  testResults: File[];
}

const { countsOf, judgeAlone } = jest.requireActual<{
  countsOf: (reports: Report[]) => string;
  judgeAlone: (reports: Report[], env: object) => Promise<{ code: number; reports: Report[] }>;
}>('../../scripts/lib/tests/jest');

const runs: string[][] = [];
let alone: File[] = [];

/** Stands for a run of jest: writes its report, and fails as jest would. */
jest.mock('../../scripts/lib/running/run', () => ({
  run: (_node: string, args: string[]): Promise<void> => {
    runs.push(args);
    const file = args.find((one) => one.startsWith('--outputFile='))?.slice('--outputFile='.length) ?? '';
    writeFileSync(file, JSON.stringify({ testResults: alone }));
    const { Failure } = jest.requireActual<{ Failure: new (text: string) => Error }>(
      '../../scripts/lib/running/failure',
    );
    const hasFailed = alone.some(({ status }) => status === 'failed');
    return hasFailed ? Promise.reject(new Failure('jest failed')) : Promise.resolve();
  },
}));

const root = join(__dirname, '../..');
const file = (name: string, ...tests: string[]): File => ({
  name: join(root, 'test', name),
  status: tests.length === 0 || tests.includes('failed') ? 'failed' : 'passed',
  assertionResults: tests.map((status) => ({ status })),
});

describe('the verdict of npm test', () => {
  let said = '';

  beforeEach(() => {
    runs.length = 0;
    said = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });

  afterEach(() => jest.restoreAllMocks());

  it('counts tests, and a file that could not run as one failure', () => {
    const first = { testResults: [file('a', 'passed', 'passed', 'failed'), file('b', 'pending', 'passed')] };
    expect(countsOf([first])).toBe('3 passed, 1 failed, 1 skipped');
    expect(countsOf([first, { testResults: [file('c')] }])).toBe('3 passed, 2 failed, 1 skipped');
  });

  it('is that of the run alone for a few files that failed beside all others', async () => {
    const reports = [
      { testResults: [file('a', 'passed', 'failed'), file('b', 'passed')] },
      { testResults: [file('c')] },
    ];
    alone = [file('a', 'passed', 'passed'), file('c', 'passed')];
    const judged = await judgeAlone(reports, {});
    expect([judged.code, countsOf(judged.reports)]).toEqual([0, '4 passed, 0 failed']);
    expect(runs).toHaveLength(1);
    expect(runs[0]?.slice(-4)).toEqual([
      '--runInBand',
      '--runTestsByPath',
      join(root, 'test/a'),
      join(root, 'test/c'),
    ]);
    expect(said).toContain('run once more alone: test/a, test/c');
    expect(said).toContain('to be mended');
  });

  it('is a failure when one of them fails alone as well', async () => {
    alone = [file('a', 'passed', 'failed')];
    const judged = await judgeAlone(
      [{ testResults: [file('a', 'passed', 'failed'), file('b', 'passed')] }],
      {},
    );
    expect([judged.code, countsOf(judged.reports)]).toEqual([1, '2 passed, 1 failed']);
    expect(said).not.toContain('to be mended');
  });

  it.each([
    ['many files fail', [1, 2, 3, 4].map((n) => file(`${n}`, 'failed'))],
    ['none does, but jest ended with an error', [file('a', 'passed')]],
  ])('is a failure at once when %s', async (_when, testResults) => {
    const judged = await judgeAlone([{ testResults }], {});
    expect([judged.code, runs]).toEqual([1, []]);
  });
});
