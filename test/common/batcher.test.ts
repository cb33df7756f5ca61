import { Batcher, type BatcherOptions } from '../../src/common/batcher';

/** A batcher whose batches stay on their way until the test lets them arrive. */
class HeldBatches {
  readonly sent: string[] = [];
  private readonly held: { items: string[]; end: (error?: Error) => void }[] = [];
  readonly batcher: Batcher<string, string>;

  constructor(options: Partial<BatcherOptions> = {}) {
    this.batcher = new Batcher(
      async (items) => {
        this.sent.push(items.join());
        await new Promise<void>((resolve, reject) => {
          this.held.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
        });
        return items.map((item) => item.toUpperCase());
      },
      { maxSize: 100, ...options },
    );
  }

  /** The oldest batch on its way has arrived, or has failed. */
  async end(error?: Error): Promise<void> {
    this.held.shift()?.end(error);
    await new Promise(setImmediate); // its end
    await new Promise(setImmediate); // the next one's beginning
  }

  /** Adds each letter in a separate moment. @returns what came of them */
  async addAll(letters: string): Promise<() => Promise<string[]>> {
    const added: Promise<string>[] = [];
    for (const item of letters) {
      added.push(this.batcher.add(item).catch((error: unknown) => (error as Error).message));
      await new Promise(setImmediate);
    }
    return () => Promise.all(added);
  }
}

describe('a batcher', () => {
  it('sends an item in the moment of its arrival when nothing is on its way', async () => {
    const batches = new HeldBatches();
    await batches.addAll('a');
    expect(batches.sent).toEqual(['a']);
  });

  it('sends together what arrives in one moment', async () => {
    const batches = new HeldBatches();
    for (const item of 'abc') void batches.batcher.add(item);
    await new Promise(setImmediate);
    expect(batches.sent).toEqual(['a,b,c']);
  });

  it('sends what arrives meanwhile as the next batch, in the order of arrival', async () => {
    const batches = new HeldBatches();
    const answers = await batches.addAll('abc');
    expect(batches.sent).toEqual(['a']);
    await batches.end();
    expect(batches.sent).toEqual(['a', 'b,c']);
    await batches.end();
    expect(await answers()).toEqual(['A', 'B', 'C']);
  });

  it('sends no more than the largest size at once', async () => {
    const batches = new HeldBatches({ maxSize: 2 });
    const answers = await batches.addAll('abcdef');
    for (let i = 0; i < 4; i++) await batches.end();
    expect(batches.sent).toEqual(['a', 'b,c', 'd,e', 'f']);
    expect(await answers()).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  });

  it('has as many batches on their way as it may', async () => {
    const batches = new HeldBatches({ maxInFlight: 2 });
    await batches.addAll('abcd');
    expect(batches.sent).toEqual(['a', 'b']);
    await batches.end();
    expect(batches.sent).toEqual(['a', 'b', 'c,d']);
  });

  it('fails a batch as a whole, and sends the next one', async () => {
    const batches = new HeldBatches();
    const answers = await batches.addAll('abc');
    await batches.end();
    await batches.end(new Error('away'));
    expect(await answers()).toEqual(['A', 'away', 'away']);
    await batches.addAll('d');
    expect(batches.sent).toEqual(['a', 'b,c', 'd']);
  });

  it('tries the items of a failed batch alone after an error that one of them may have caused', async () => {
    const batches = new HeldBatches({ isTriedAlone: (error) => (error as Error).message === 'bad' });
    const answers = await batches.addAll('abc');
    await batches.end();
    await batches.end(new Error('bad'));
    expect(batches.sent).toEqual(['a', 'b,c', 'b', 'c']);
    await batches.end(new Error('bad'));
    await batches.end();
    expect(await answers()).toEqual(['A', 'bad', 'C']);
  });

  it('reports the size of each batch', async () => {
    const sizes: number[] = [];
    const batches = new HeldBatches({ onSend: (size) => sizes.push(size) });
    await batches.addAll('abc');
    await batches.end();
    expect(sizes).toEqual([1, 2]);
  });
});
