import 'reflect-metadata';
import { monotonicMs } from '../common/clock';
import type { Database } from '../platform/database/database';
import { openDatabase } from '../platform/database/connection/ready';
import { createClient, KafkaReader } from '../platform/kafka';
import { createLogger } from '../platform/observability/logger';
import type { Config } from '../config/config';
import { connectOrRetry, connectRedis, type Redis } from '../platform/redis/redis';
import type { InvariantReport } from '../modules/invariants/schema';
import { EventsInKafka } from '../modules/invariants/events-in-kafka';
import { checkInvariants } from '../modules/invariants/service';
import { InvariantStore } from '../modules/invariants/store';
import type { ScanProgress } from '../modules/invariants/whole-tables';
import { Topics } from '../modules/outbox/topics';
import { type Progress, startProgress } from './support/progress';
import { CannotRun, print, readArguments, runTool, toolConfig, unknownQueue } from './support/tool';
import { describeReport } from './verify/describe';

const USAGE = `Usage: npm run db -- verify [--json] [--queue ID]...    (in the image: node dist/cli/verify.js)
Proves the invariants on the live database (DATABASE_URL, reading only), Redis (REDIS_URL) and, when KAFKA_BROKERS
is set, Kafka: whether each event that was delivered and has not acted still waits there. All that the checks need is in
the stores: no other variable makes a difference. Large tables are checked a chunk at a time; stderr says how far it is.
  --json   the report as JSON
  --queue  only this queue, and others named so; otherwise all that Redis has
Exit code: 0 all kept, 1 something is violated, 2 something could not be checked.`;

/** A check may read whole tables; nobody waits for it. */
const CHECK_MS = 10 * 60_000;

/** Fewer rows are checked before anybody could read how far it is. */
const ROWS_WITH_PROGRESS = 200_000;

/** On stderr, for stdout has the report. */
function progressTo(stream: NodeJS.WriteStream): ScanProgress & { stop(): void } {
  let progress: Progress | undefined;
  return {
    start(total) {
      if (total >= ROWS_WITH_PROGRESS) progress = startProgress('verify', total, stream);
    },
    advance: (rows) => progress?.advance(rows),
    stop: () => progress?.stop(),
  };
}

const exitCodeOf = ({ ok, results }: InvariantReport): number =>
  ok ? 0 : results.some(({ verdict }) => verdict === 'violated') ? 1 : 2;

const eventsIn = (config: Config): EventsInKafka =>
  new EventsInKafka(new KafkaReader(createClient({ config }, createLogger('silent', 'all'))), new Topics());

const QUEUES_IN_DATABASE = `
  SELECT queue_id AS id FROM queue_state UNION SELECT queue_id FROM concert WHERE queue_id IS NOT NULL`;

/** @throws CannotRun for a queue that is in no store and no variable: its checks would find nothing */
async function demandQueues(
  wanted: string[],
  { database, redis, config }: { database: Database; redis: Redis; config: Config },
): Promise<void> {
  if (wanted.length === 0) return;
  const inRedis = await new InvariantStore(redis).queueIds().catch(() => undefined);
  if (inRedis === undefined) return; // the report says that Redis cannot be reached
  const inDatabase = (await database.query<{ id: string }>(QUEUES_IN_DATABASE)).map(({ id }) => id);
  const configured = [config.QUEUE_ID, ...config.QUEUES.keys()];
  const known = [...new Set([...inRedis, ...inDatabase, ...configured])].sort();
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new CannotRun(unknownQueue(unknown, known));
}

runTool(USAGE, async () => {
  const { values } = readArguments({
    options: { json: { type: 'boolean', default: false }, queue: { type: 'string', multiple: true } },
  });
  const config = toolConfig();
  const startedAt = monotonicMs();
  const database = await openDatabase({
    url: config.DATABASE_URL,
    timeoutMs: CHECK_MS,
  }).catch((error: unknown) => {
    throw new CannotRun(error instanceof Error ? error.message : String(error));
  });
  const redis = connectRedis(config.REDIS_URL, config.REDIS_TIMEOUT_MS);
  redis.on('error', () => undefined); // the report names a store that cannot be reached
  await connectOrRetry(redis);
  const kafka = config.KAFKA_BROKERS === '' ? undefined : eventsIn(config);
  const progress = progressTo(process.stderr);
  try {
    await demandQueues(values.queue ?? [], { database, redis, config });
    const report = await checkInvariants({ database, redis, kafka, queueIds: values.queue, progress });
    const tookMs = Math.round(monotonicMs() - startedAt);
    if (values.json) print(JSON.stringify({ ...report, tookMs }, null, 2));
    else for (const line of describeReport(report, tookMs)) print(line);
    return exitCodeOf(report);
  } finally {
    progress.stop();
    redis.disconnect();
    await database.close();
  }
});
