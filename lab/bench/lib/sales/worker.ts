import { cores, inBench, redisUrls, secret } from '../context.ts';
import { stop, Worker } from '../processes.ts';
import type { Question, Worked } from './sales.ts';

/** A process on the server's core that sells without HTTP (workers/sales.ts). */
export class SalesWorker {
  private readonly worker: Worker;

  /** @param queue variables of the product that concern its queue and its users */
  constructor(queue: Record<string, string | number>) {
    this.worker = new Worker(cores.server, [inBench('workers', 'sales.ts')], {
      NODE_ENV: 'production',
      ROLE: 'api',
      TZ: 'UTC',
      REDIS_URL: redisUrls()[0],
      TOKEN_SECRET: secret,
      ...Object.fromEntries(Object.entries(queue).map(([name, value]) => [name, String(value)])),
      LOG_LEVEL: 'error', // the sessions of the service's users are in no queue, which each hold would log
    });
  }

  get pid(): number {
    return this.worker.child.pid;
  }

  async ask(question: Question): Promise<Worked> {
    return (await this.worker.ask(question)) as Worked;
  }

  stop(): Promise<void> {
    return stop(this.worker.child);
  }
}
