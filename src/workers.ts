import cluster, { type Worker } from 'node:cluster';
import type { Config } from './config/config';
import { handOverConnections } from './http/closing';
import { answerScrapes } from './platform/observability/cluster-metrics';
import type { Logger } from './platform/observability/logger';

const RESTART_AFTER_MS = 1000;
const RESTART_AFTER_MOST_MS = 30_000;
/** A worker that has lived for this long did not die of its start. */
const LIVED_MS = 60_000;

/** What a worker reports to the primary about its start. */
export type StartMessage = { type: 'started' } | { type: 'cannot-start'; why: string };

/** In a worker. @returns false where there is no primary */
export function tellPrimary(message: StartMessage, onSent: () => void = () => undefined): boolean {
  if (!cluster.isWorker || !process.connected) return false;
  process.send?.(message, undefined, {}, onSent);
  return true;
}

/** How long until a worker is replaced whose last `deaths` lives were all short. */
export const restartDelayMs = (deaths: number): number =>
  Math.min(RESTART_AFTER_MS * 2 ** Math.max(0, deaths - 1), RESTART_AFTER_MOST_MS);

/** One of the WORKERS: each process in turn that fills it. */
interface Slot {
  role: Config['ROLE'];
  /** Consecutive crashes soon after the start. */
  deaths: number;
  forkedAt: number;
  /** Whether one of its processes has ever been ready. */
  hasStarted: boolean;
}

/**
 * The primary of WORKERS processes on one port. In role `all` the first worker also does the background work, and the
 * others answer requests only. A worker that dies is replaced, later each time that it dies soon; one that cannot even
 * start for the first time ends the whole with its reason and exit code 1, as one process does. Signals go to all, and
 * the primary ends when they have.
 */
export function runWorkers(config: Config, logger: Logger): void {
  answerScrapes();
  handOverConnections();
  let stopping = false;
  let whyNot: string | undefined;
  const slots = new Map<Worker, Slot>();

  const fork = (slot: Slot): void => {
    slot.forkedAt = performance.now();
    // One secret for all, also one that was made up.
    slots.set(cluster.fork({ ROLE: slot.role, TOKEN_SECRET: config.TOKEN_SECRET }), slot);
  };

  const end = (): void => {
    if (slots.size > 0) return;
    if (whyNot !== undefined) process.stderr.write(`Did not start: ${whyNot}\n`);
    process.exit(whyNot === undefined ? 0 : 1);
  };

  cluster.on('message', (worker, message: StartMessage) => {
    const slot = slots.get(worker);
    if (slot === undefined) return;
    if (message.type === 'started') slot.hasStarted = true;
    if (message.type === 'cannot-start') {
      if (slot.hasStarted)
        logger.error({ worker: worker.process.pid, why: message.why }, 'a worker cannot start');
      else whyNot ??= message.why;
    }
  });

  cluster.on('exit', (worker, code, signal: string | null) => {
    const slot = slots.get(worker);
    slots.delete(worker);
    if (slot === undefined) return;
    if (stopping) {
      end();
      return;
    }
    if (!slot.hasStarted) {
      whyNot ??= `a worker ended with ${signal ?? `exit code ${code}`} before it was ready`;
      stop();
      return;
    }
    slot.deaths = performance.now() - slot.forkedAt < LIVED_MS ? slot.deaths + 1 : 1;
    const inMs = restartDelayMs(slot.deaths);
    logger.error({ worker: worker.process.pid, code, signal, inMs }, 'a worker died; starting another');
    setTimeout(() => {
      if (!stopping) fork(slot);
    }, inMs);
  });

  const stop = (): void => {
    const signal = stopping ? 'SIGKILL' : 'SIGTERM';
    stopping = true;
    for (const worker of slots.keys()) worker.process.kill(signal);
    end();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  for (let i = 0; i < config.WORKERS; i++)
    fork({
      role: config.ROLE === 'all' && i > 0 ? 'api' : config.ROLE,
      deaths: 0,
      forkedAt: 0,
      hasStarted: false,
    });
  logger.info({ workers: config.WORKERS }, 'workers started');
}
