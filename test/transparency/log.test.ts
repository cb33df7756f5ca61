import { until } from '../support/wait';
import { useService } from '../support/suite';
import { decodeEntries } from '../../src/modules/transparency/bundle';

describe('the transparency log of a queue', () => {
  const suite = useService({ QUEUE_MAX_ACTIVE: 2 });

  const get = (path: string): Promise<Response> =>
    fetch(`${suite.url}/v1/api/transparency/${suite.queueId}/${path}`);

  const sizeOf = (checkpoint: string): number => Number(checkpoint.split('\n')[1]);

  async function entries(): Promise<string[]> {
    const checkpoint = await get('checkpoint');
    if (!checkpoint.ok) return [];
    const bundle = await get(`tile/entries/000.p/${sizeOf(await checkpoint.text())}`);
    return decodeEntries(Buffer.from(await bundle.arrayBuffer())).map(String);
  }

  it('holds what has happened, in the order in which it has', async () => {
    const [first] = await suite.buyers(1, 0);
    expect(first).toBeDefined();
    let log: string[] = [];
    await until('the first user is in the log', async () => {
      log = await entries();
      return log.some((leaf) => leaf.startsWith('admit'));
    });
    const kinds = log.map((leaf) => leaf.split(' ')[0]).filter((kind) => kind !== 'sale');
    expect(kinds.slice(0, 4)).toEqual(['begin', 'issue', 'limit', 'admit']);
    expect(log.find((leaf) => leaf.startsWith('issue'))).toMatch(/^issue \d{13} 1 \d+ [\w+/]{43}=$/);
    expect(log.find((leaf) => leaf.startsWith('admit'))).toMatch(/^admit \d{13} 1 free$/);
  });
});
