import { existsSync, readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { dependency, redisUrls } from './context.ts';
import { cpuMs } from './cpu.ts';
import { ask } from './database.ts';

const { Redis: Client } = dependency('ioredis') as typeof import('ioredis');

/** Process ids of the stores; undefined: not a process of this machine that can be looked at. */
interface StorePids {
  redis: number | undefined;
  mariadb: number | undefined;
}

const living = (pid: number): number | undefined =>
  pid > 0 && existsSync(`/proc/${pid}/stat`) ? pid : undefined;

async function findPids(): Promise<StorePids> {
  const redis: Redis = new Client(redisUrls()[0]);
  const info = await redis.info('server');
  redis.disconnect();
  const [row] = await ask<{ file: string }>('SELECT @@pid_file AS file');
  const file = row?.file ?? '';
  return {
    redis: living(Number(/^process_id:(\d+)/m.exec(info)?.[1] ?? 0)),
    mariadb: existsSync(file) ? living(Number(readFileSync(file, 'utf8'))) : undefined,
  };
}

let pids: Promise<StorePids> | undefined;

/** CPU time that each store has used so far, milliseconds; 0 where it cannot be known. */
export async function storeCpuMs(): Promise<{ redis: number; mariadb: number }> {
  pids ??= findPids();
  const { redis, mariadb } = await pids;
  return {
    redis: redis === undefined ? 0 : cpuMs(redis),
    mariadb: mariadb === undefined ? 0 : cpuMs(mariadb),
  };
}
