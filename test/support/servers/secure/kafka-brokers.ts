import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classPath } from '../../../../scripts/lib/services/kafka/broker';
import { freePort } from '../../../../scripts/lib/ports';

const { ensureJars } = jest.requireActual<{ ensureJars: (mvn: string) => Promise<void> }>(
  '../../../../scripts/lib/services/kafka/kafka-private',
);
const { inServices } = jest.requireActual<{ inServices: (...parts: string[]) => string }>(
  '../../../../scripts/lib/paths',
);

/** Why a test can run no brokers on this machine; undefined: it can. */
export const noKafkaBrokers = ['java', 'mvn'].some(
  (program) => spawnSync(program, ['--version']).error !== undefined,
)
  ? 'there is no java or no mvn on PATH'
  : undefined;

interface Options {
  certificate: string;
  key: string;
  username: string;
  password: string;
}

interface Broker {
  folder: string;
  port: number;
  child: ChildProcess | undefined;
}

const HEAP = ['-Xms128m', '-Xmx384m'];
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule';

/**
 * A cluster of three brokers of the test's own, which are its controllers as well. Clients come by TLS and log in by
 * SCRAM-SHA-512; an event counts as kept when two brokers have it.
 */
export class KafkaBrokers {
  private readonly folder = mkdtempSync(join(tmpdir(), 'kafka-'));
  private readonly brokers: Broker[] = [];

  /** Resolves when all three serve. */
  static async start(options: Options): Promise<KafkaBrokers> {
    const it = new KafkaBrokers();
    await ensureJars('mvn');
    const ids = [1, 2, 3];
    const controllers = await Promise.all(ids.map(() => freePort()));
    const quorum = ids.map((id, i) => `${id}@127.0.0.1:${controllers[i] ?? 0}`).join();
    const store = join(it.folder, 'server.pem');
    writeFileSync(store, readFileSync(options.key), { mode: 0o600 });
    appendFileSync(store, readFileSync(options.certificate));
    const cluster = randomBytes(16).toString('base64url');
    for (const [i, id] of ids.entries()) {
      const [port, inner] = [await freePort(), await freePort()];
      const folder = join(it.folder, String(id));
      mkdirSync(folder);
      it.brokers.push({ folder, port, child: undefined });
      writeFileSync(join(folder, 'log4j.properties'), LOG4J);
      const listeners = `CLIENT://127.0.0.1:${port},INNER://127.0.0.1:${inner}`;
      writeFileSync(
        join(folder, 'server.properties'),
        properties({ id, quorum, listeners, controller: controllers[i] ?? 0, store, folder }),
      );
      const account = `SCRAM-SHA-512=[name=${options.username},password=${options.password}]`;
      const format = ['format', '-t', cluster, '-c', 'server.properties', '--add-scram', account];
      execFileSync(
        'java',
        [...classPath(inServices('kafka', 'libs')), 'kafka.tools.StorageTool', ...format],
        {
          cwd: folder,
          stdio: 'ignore',
        },
      );
    }
    await Promise.all(ids.map((_id, i) => it.launch(i)));
    return it;
  }

  get addresses(): string {
    return this.brokers.map(({ port }) => `127.0.0.1:${port}`).join();
  }

  /** Resolves when it says that it has started. */
  async launch(index: number): Promise<void> {
    const broker = this.at(index);
    const child = spawn(
      'java',
      [...HEAP, ...classPath(inServices('kafka', 'libs')), 'kafka.Kafka', 'server.properties'],
      {
        cwd: broker.folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    broker.child = child;
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (part: Buffer) => {
        text += part.toString();
        if (text.includes('Kafka Server started')) resolve();
      });
      child.once('exit', () => reject(new Error(`a broker ended before it had started:\n${text}`)));
    });
  }

  async kill(index: number): Promise<void> {
    const broker = this.at(index);
    const { child } = broker;
    broker.child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    await Promise.all(this.brokers.map((_broker, i) => this.kill(i)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private at(index: number): Broker {
    const broker = this.brokers[index];
    if (broker === undefined) throw new Error(`there is no broker ${index}`);
    return broker;
  }
}

const LOG4J = `log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.logger.org.apache.kafka.common.utils.AppInfoParser=WARN
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%p %m (%c)%n
`;

function properties(it: {
  id: number;
  quorum: string;
  listeners: string;
  controller: number;
  store: string;
  folder: string;
}): string {
  return `process.roles=broker,controller
node.id=${it.id}
controller.quorum.voters=${it.quorum}
listeners=${it.listeners},CONTROLLER://127.0.0.1:${it.controller}
advertised.listeners=${it.listeners}
listener.security.protocol.map=CLIENT:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INNER
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=${SCRAM} required;
ssl.keystore.type=PEM
ssl.keystore.location=${it.store}
log.dirs=${join(it.folder, 'data')}
num.partitions=3
default.replication.factor=3
min.insync.replicas=2
offsets.topic.num.partitions=3
offsets.topic.replication.factor=3
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
group.initial.rebalance.delay.ms=0
`;
}
