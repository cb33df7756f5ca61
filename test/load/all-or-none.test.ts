import { allOrNone } from '../../k6/runner/all-or-none';

const NEVER = new Promise<never>(() => undefined);

/** A part that runs until it is ended, and takes its time to end. */
function endless(signal: AbortSignal, ended: string[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      setImmediate(() => {
        ended.push('ended');
        reject(new Error('aborted'));
      });
    });
  });
}

describe('the parts of a run', () => {
  const listeners = (): number => process.listenerCount('SIGTERM');
  let before: number;
  beforeEach(() => (before = listeners()));
  afterEach(() => expect(listeners()).toBe(before));

  it('give both results when both succeed', async () => {
    const both = allOrNone(NEVER, () => [Promise.resolve(1), Promise.resolve('two')]);
    await expect(both).resolves.toEqual([1, 'two']);
  });

  it.each<[string, (signal: AbortSignal, ended: string[]) => [Promise<unknown>, Promise<unknown>]]>([
    ['first', (signal, ended) => [Promise.reject(new Error('k6 failed')), endless(signal, ended)]],
    ['second', (signal, ended) => [endless(signal, ended), Promise.reject(new Error('k6 failed'))]],
  ])('end together when the %s fails, with its words', async (_which, begin) => {
    const ended: string[] = [];
    await expect(allOrNone(NEVER, (signal) => begin(signal, ended))).rejects.toThrow('k6 failed');
    expect(ended).toEqual(['ended']);
  });

  it('end together when the product ends', async () => {
    const ended: string[] = [];
    const gone = Promise.reject(new Error('the product ended with exit code 1'));
    const run = allOrNone(gone, (signal) => [endless(signal, ended), endless(signal, ended)]);
    await expect(run).rejects.toThrow('the product ended');
    expect(ended).toEqual(['ended', 'ended']);
  });

  it('end together when their starter says that a store is gone', async () => {
    const ended: string[] = [];
    const run = allOrNone(NEVER, (signal) => [endless(signal, ended), Promise.resolve(0)]);
    process.emit('SIGTERM');
    await expect(run).rejects.toThrow('what it needs is gone');
    expect(ended).toEqual(['ended']);
  });
});
