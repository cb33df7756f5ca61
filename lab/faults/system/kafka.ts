import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Child } from './child.ts';

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
    mkdirSync(home, { recursive: true });
    const names = lines.map((_, i) => `LINE${i}`);
    const listeners = [
      `DIRECT://127.0.0.1:${ports.direct}`,
      ...lines.map(({ port }, i) => `LINE${i}://127.0.0.1:${port}`),
    ];
    const advertised = [
      `DIRECT://127.0.0.1:${ports.direct}`,
      ...lines.map((line, i) => `LINE${i}://127.0.0.1:${line.advertisedPort}`),
    ];
    const map = ['DIRECT', 'CONTROLLER', ...names].map((name) => `${name}:PLAINTEXT`);
    writeFileSync(
      join(home, 'server.properties'),
      `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports.controller}
listeners=${listeners.join(',')},CONTROLLER://127.0.0.1:${ports.controller}
advertised.listeners=${advertised.join(',')}
listener.security.protocol.map=${map.join(',')}
inter.broker.listener.name=DIRECT
controller.listener.names=CONTROLLER
log.dirs=data
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`,
    );
    writeFileSync(
      join(home, 'log4j.properties'),
      'log4j.rootLogger=ERROR, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\n',
    );
    const classes = ['-cp', join(jars, '*'), '-Dlog4j.configuration=file:log4j.properties'];
    const cluster = randomBytes(16).toString('base64url');
    const format = [
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${cluster}`,
      '-c',
      'server.properties',
    ];
    execFileSync('java', [...HEAP, ...classes, ...format], { cwd: home, stdio: 'ignore' });
    this.child = new Child(
      'kafka',
      logFile,
      () => ({ file: 'java', args: [...HEAP, ...classes, 'kafka.Kafka', 'server.properties'], cwd: home }),
      () => this.listens(),
    );
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }

  private listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.port });
      const end = (answer: boolean): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', () => end(true)).once('error', () => end(false));
    });
  }
}
