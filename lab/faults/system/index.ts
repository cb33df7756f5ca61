import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../scripts/lib/ports.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.ts';
import { seededBy } from '../random.ts';
import type { Child } from './child.ts';
import { KafkaBroker, kafkaJars, lineTo } from './kafka.ts';
import { MariaDb } from './mariadb.ts';
import { ProductProcess } from './product.ts';
import { RedisServer } from './redis.ts';
import { clearScratch, scratchFolder } from './scratch.ts';
import { mountSmall } from './small-disk.ts';

export interface SystemOptions {
  seed: number;
  /** Where logs go. */
  folder: string;
  apis: number;
  workers: number;
  kafka: boolean;
  /** MariaDB's data on a small disk that can be filled up; needs root. */
  smallDisk?: boolean;
  /** Buyers and processes reach everything directly: no line can be disturbed, and no time is lost. */
  direct?: boolean;
  env: Record<string, string>;
  /** Of the api processes alone. */
  apiEnv?: Record<string, string>;
}

/** Everything that a run needs, as separate processes: stores, product, and the lines between them. */
export class System {
  readonly mariadb: MariaDb;
  readonly redis: RedisServer;
  readonly kafka: KafkaBroker | undefined;
  readonly apis: ProductProcess[];
  readonly workers: ProductProcess[];
  /** Where MariaDB's data are. */
  readonly dataFolder: string;
  readonly env: Record<string, string>;
  private readonly scratch: string;
  private readonly isMounted: boolean;

  private constructor(
    parts: Pick<System, 'mariadb' | 'redis' | 'kafka' | 'apis' | 'workers' | 'dataFolder' | 'env'> & {
      scratch: string;
      isMounted: boolean;
    },
  ) {
    this.mariadb = parts.mariadb;
    this.redis = parts.redis;
    this.kafka = parts.kafka;
    this.apis = parts.apis;
    this.workers = parts.workers;
    this.dataFolder = parts.dataFolder;
    this.env = parts.env;
    this.scratch = parts.scratch;
    this.isMounted = parts.isMounted;
  }

  static async start(options: SystemOptions): Promise<System> {
    const scratch = mkdtempSync(join(scratchFolder(), 'faults-'));
    const log = (name: string): string => join(options.folder, `${name}.log`);
    const dataFolder = join(scratch, 'disk');
    mkdirSync(dataFolder);
    const isMounted = options.smallDisk === true;
    process.on('exit', () => clearScratch(scratch, dataFolder, isMounted));
    if (isMounted) mountSmall(dataFolder);
    const random = seededBy(options.seed, 'weather');
    const mariadb = new MariaDb(dataFolder, log('mariadb'), await freePort());
    const redis = new RedisServer(scratch, log('redis'), await freePort());
    const names = [...range('api', options.apis), ...range('worker', options.workers)];
    const kafkaLines = options.kafka ? await Promise.all(names.map(() => lineTo(random))) : [];
    const kafka = options.kafka
      ? new KafkaBroker(
          scratch,
          log('kafka'),
          kafkaJars() ?? '',
          { direct: await freePort(), controller: await freePort() },
          kafkaLines.map(({ port, proxy }) => ({ port, advertisedPort: proxy.port })),
        )
      : undefined;
    const stores = [
      mariadb.child.start(),
      redis.child.start(),
      ...(kafka ? [kafka.child.start(90_000)] : []),
    ];
    const env = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      TZ: 'UTC',
      TOKEN_SECRET: 'a secret that lasts as long as one run of the fault suite',
      DATABASE_URL: mariadb.url('app'),
      DATABASE_ADMIN_URL: mariadb.url('owner'),
      REDIS_URL: redis.url(),
      KAFKA_BROKERS: kafka?.brokers ?? '',
      ...options.env,
    };
    const make = async (name: string, i: number): Promise<ProductProcess> => {
      const role = name.startsWith('api') ? 'api' : 'worker';
      const port = await freePort();
      const own = { ...env, ...(role === 'api' && options.apiEnv) };
      if (options.direct) return new ProductProcess(name, role, port, scratch, log(name), {}, own);
      const toMariaDb = await new TcpProxy({ host: '127.0.0.1', port: mariadb.port }, random).open();
      const toRedis = await new TcpProxy({ host: '127.0.0.1', port: redis.port }, random).open();
      const clients = await new TcpProxy({ host: '127.0.0.1', port }, random).open();
      const toKafka = kafkaLines[i]?.proxy;
      const lines = { mariadb: toMariaDb, redis: toRedis, clients, ...(toKafka && { kafka: toKafka }) };
      return new ProductProcess(name, role, port, scratch, log(name), lines, {
        ...own,
        DATABASE_URL: mariadb.url('app', toMariaDb.port),
        REDIS_URL: redis.url(toRedis.port),
        KAFKA_BROKERS: toKafka ? `127.0.0.1:${toKafka.port}` : '',
      });
    };
    const product = await Promise.all(names.map(make));
    const apis = product.filter(({ role }) => role === 'api');
    const workers = product.filter(({ role }) => role === 'worker');
    const system = new System({ mariadb, redis, kafka, apis, workers, dataFolder, env, scratch, isMounted });
    try {
      await Promise.all(stores);
      await system.tool('migrate', ['up']);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  get product(): ProductProcess[] {
    return [...this.apis, ...this.workers];
  }

  async startProduct(): Promise<void> {
    await Promise.all(this.product.map(({ child }) => child.start()));
  }

  /** A program of dist/cli, directly on the stores. @returns its exit code and output */
  async tool(name: string, args: string[]): Promise<{ code: number; output: string }> {
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join('dist', 'cli', `${name}.js`), ...args],
        { env: { ...process.env, ...this.env }, maxBuffer: 2 ** 26 },
      );
      return { code: 0, output: stdout };
    } catch (error) {
      const {
        code = 1,
        stdout = '',
        stderr = '',
      } = error as { code?: number; stdout?: string; stderr?: string };
      if (name !== 'verify') throw new Error(`${name}: ${stderr}`, { cause: error });
      return { code, output: stdout === '' ? stderr : stdout };
    }
  }

  /** Everything as it should be: processes run and are awake, lines are good, clocks are right. */
  async heal(): Promise<void> {
    for (const { lines } of this.product) for (const line of Object.values(lines)) await line.mend();
    const stores = [this.mariadb.child, this.redis.child, ...(this.kafka ? [this.kafka.child] : [])];
    for (const child of [...stores, ...this.product.map(({ child }) => child)]) {
      if (!child.isAlive) child.launch();
      child.signal('SIGCONT');
    }
    for (const child of [...stores, ...this.product.map(({ child }) => child)])
      await child.untilItAnswers(60_000);
    for (const process of this.product) process.rightClock();
  }

  /** @param name api0, worker1, … */
  process(name: string): ProductProcess {
    const found = this.product.find(({ child }) => child.name === name);
    if (found === undefined) throw new Error(`There is no process ${name}.`);
    return found;
  }

  /** @param name of a product process or of a store */
  child(name: string): Child {
    const stores: Record<string, Child | undefined> = {
      mariadb: this.mariadb.child,
      redis: this.redis.child,
      kafka: this.kafka?.child,
    };
    return stores[name] ?? this.process(name).child;
  }

  async stop(): Promise<void> {
    const ends = this.product.map(({ child }) => child.stop('SIGKILL'));
    for (const child of [this.mariadb.child, this.redis.child, this.kafka?.child])
      if (child) ends.push(child.stop('SIGKILL'));
    await Promise.all(ends);
    for (const { lines } of this.product) for (const line of Object.values(lines)) await line.cut();
    clearScratch(this.scratch, this.dataFolder, this.isMounted);
  }
}

const range = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}`);
