import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import redis from '../../../scripts/lib/services/redis.js';
import { Child } from './child.ts';

const TIMEOUT_MS = 500;

/** A Redis of the run's own that keeps its data as in production: every write in a file, flushed each second. */
export class RedisServer {
  readonly child: Child;
  readonly port: number;
  private readonly folder: string;

  constructor(folder: string, logFile: string, port: number) {
    this.port = port;
    this.folder = join(folder, 'redis');
    mkdirSync(this.folder, { recursive: true });
    const args = redis.serverOptions({ port, dir: this.folder });
    this.child = new Child(
      'redis',
      logFile,
      () => ({ file: 'redis-server', args }),
      () =>
        redis.probe({ REDIS_URL: this.url() }).then(
          () => true,
          () => false,
        ),
    );
  }

  url(port = this.port): string {
    return `redis://127.0.0.1:${port}`;
  }

  /** A connection that goes on trying; close it with `disconnect`. */
  connect(): Redis {
    const redis = new Redis(this.url(), {
      commandTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      retryStrategy: () => 100,
    });
    redis.on('error', () => undefined);
    return redis;
  }

  /** For a start without data. */
  forget(): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
  }
}
