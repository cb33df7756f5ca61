import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isListening } from '../../../scripts/lib/ports.js';
import broker from '../../../scripts/lib/services/kafka/broker.js';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.ts';
import type { Random } from '../random.ts';
import { Child } from './child.ts';

const { formatArguments, serveArguments, writeSettings } = broker;

const HEAP = ['-Xms192m', '-Xmx384m', '-XX:+UseSerialGC'];

/** Where Kafka's jars are (`npm run services -- up --kafka` and `npm run lab -- faults` bring them); undefined: not here. */
export function kafkaJars(): string | undefined {
  const jars = process.env.FAULTS_KAFKA_JARS ?? join(process.cwd(), '.services', 'kafka', 'libs');
  return existsSync(jars) ? jars : undefined;
}

/**
 * A broker of the run's own. A client goes on at the address that the broker tells it, so each product process that
 * has its own connection gets a listener whose advertised address is its proxy's.
 */
export class KafkaBroker {
  readonly child: Child;
  readonly port: number;

  /** @param lines listeners besides the direct one: where the broker listens, and the proxy's port that it tells */
  constructor(
    folder: string,
    logFile: string,
    jars: string,
    ports: { direct: number; controller: number },
    lines: { port: number; advertisedPort: number }[],
  ) {
    this.port = ports.direct;
    const home = join(folder, 'kafka');
    const listeners = lines.map((line, i) => ({ name: `LINE${i}`, ...line }));
    writeSettings(home, {
      controllerPort: ports.controller,
      listeners: [{ name: 'DIRECT', port: ports.direct }, ...listeners],
    });
    execFileSync('java', [...HEAP, ...formatArguments(jars)], { cwd: home, stdio: 'ignore' });
    this.child = new Child(
      'kafka',
      logFile,
      () => ({ file: 'java', args: serveArguments(jars, HEAP), cwd: home }),
      () => isListening(this.port),
    );
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }
}

/** A free port and a proxy before it, through which one process reaches the broker. */
export async function lineTo(random: Random): Promise<{ port: number; proxy: TcpProxy }> {
  const port = await freePort();
  return { port, proxy: await new TcpProxy({ host: '127.0.0.1', port }, random).open() };
}
