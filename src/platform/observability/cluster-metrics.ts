import cluster from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { OPEN_METRICS, openMetrics } from './open-metrics';

/**
 * Metrics over all workers of one process tree. Any worker may be scraped: it sends the request to the primary, which gathers and
 * merges what each worker has (counters and histograms add up; gauges as each says, see metrics.ts).
 */
const ASK = 'concert:metrics?';
const TELL = 'concert:metrics';

interface Ask {
  type: typeof ASK;
  id: number;
}
interface Tell {
  type: typeof TELL;
  id: number;
  text?: string;
  error?: string;
}

/** In the primary: answers the workers. */
export function answerScrapes(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker, message: Partial<Ask>) => {
    if (message.type !== ASK || message.id === undefined) return;
    const { id } = message;
    const tell = (answer: Partial<Tell>): void => {
      if (worker.isConnected()) worker.send({ type: TELL, id, ...answer });
    };
    all.clusterMetrics().then(
      (text) => tell({ text }),
      (error: unknown) => tell({ error: String(error) }),
    );
  });
}

const pending = new Map<number, (answer: Tell) => void>();
let asked = 0;

/** In a worker: makes this registry part of the merged one. */
export function joinScrapes(registry: Registry): void {
  AggregatorRegistry.setRegistries([registry]);
  new AggregatorRegistry(); // listens for the primary's questions
  process.on('message', (message: Partial<Tell>) => {
    if (message.type === TELL && message.id !== undefined) pending.get(message.id)?.(message as Tell);
  });
}

export interface Scrape {
  contentType: string;
  text: string;
}

/**
 * The metrics to answer a scrape with: of all workers, or of this process if it is alone.
 * @param withExemplars as OpenMetrics, which has them; workers leave it at the older format: merged buckets have none
 */
export async function scrape(registry: Registry, withExemplars: boolean): Promise<Scrape> {
  if (!cluster.isWorker && withExemplars)
    return { contentType: OPEN_METRICS, text: await openMetrics(registry) };
  const text = cluster.isWorker ? await scrapeAll() : await registry.metrics();
  return { contentType: registry.contentType, text };
}

async function scrapeAll(): Promise<string> {
  const id = asked++;
  const answer = await new Promise<Tell>((resolve) => {
    pending.set(id, resolve);
    process.send?.({ type: ASK, id } satisfies Ask);
  });
  pending.delete(id);
  if (answer.text === undefined) throw new Error(answer.error ?? 'no metrics');
  return answer.text;
}
