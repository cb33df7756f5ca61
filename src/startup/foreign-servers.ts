import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../config/config';
import { parseBrokers, parseDatabaseUrl, parseRedisUrls } from '../config/urls';
import { ServerMismatch } from './server-checks';

type Stores = Pick<Config, 'DATABASE_URL' | 'REDIS_URL'>;
type Brokers = Pick<Config, 'ROLE' | 'KAFKA_BROKERS' | 'KAFKA_SECURITY_PROTOCOL'>;
type Program = 'a MariaDB' | 'a Redis without TLS' | 'an HTTP server';

interface Address {
  host: string;
  port: number;
}

/** Redis and HTTP servers answer it; MariaDB has spoken first. */
const QUESTION = 'PING\r\n\r\n';
const GREETING_MS = 250;
const LIMIT_MS = 1000;
/** Nothing waits for it. */
const BROKER_LIMIT_MS = 10_000;
/** ApiVersions, which a broker answers before any login: length, key 18, version 0, correlation, no client. */
const KAFKA_QUESTION = Buffer.from('0000000a00120000434f4e43ffff', 'hex');
/** Behind the length of an answer. */
const KAFKA_CORRELATION = KAFKA_QUESTION.subarray(8, 12);

/** Which program it is that begins with these bytes; undefined: one of which nothing is known. */
function programOf(bytes: Buffer): Program | undefined {
  const text = bytes.toString('latin1');
  if (/^(?:\+PONG|-[A-Z]{2,} )/.test(text)) return 'a Redis without TLS';
  if (text.startsWith('HTTP/')) return 'an HTTP server';
  // Three bytes of length, the number 0 of the first packet, and the version of the protocol or an error.
  const isGreeting = bytes.length > 4 && bytes.readUIntLE(0, 3) < 1024 && bytes[3] === 0;
  return isGreeting && (bytes[4] === 0x0a || bytes[4] === 0xff) ? 'a MariaDB' : undefined;
}

/** @returns the first bytes that are sent from an address; undefined: none */
function firstBytes(
  { host, port }: Address,
  { question, afterMs, limitMs }: { question: string | Buffer; afterMs: number; limitMs: number },
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (bytes?: Buffer): void => {
      clearTimeout(limit);
      clearTimeout(asking);
      socket.destroy();
      resolve(bytes);
    };
    const limit = setTimeout(end, limitMs);
    const asking = setTimeout(() => socket.write(question), afterMs);
    socket.once('data', end);
    socket.on('error', () => end());
    socket.once('close', () => end());
  });
}

/** What answers at an address; undefined: nothing, or nothing that is known. */
async function whatAnswers(address: Address, limitMs = LIMIT_MS): Promise<Program | undefined> {
  const bytes = await firstBytes(address, { question: QUESTION, afterMs: GREETING_MS, limitMs });
  return bytes && programOf(bytes);
}

async function speaksKafka(address: Address): Promise<boolean> {
  const bytes = await firstBytes(address, { question: KAFKA_QUESTION, afterMs: 0, limitMs: LIMIT_MS });
  return bytes?.subarray(4, 8).equals(KAFKA_CORRELATION) ?? false;
}

/** Whether a handshake succeeds. Nothing is sent that would need trust. */
function speaksTls({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false });
    const end = (is: boolean): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(is);
    };
    const limit = setTimeout(end, LIMIT_MS, false);
    socket.once('secureConnect', () => end(true));
    socket.on('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/**
 * Finds out at the start that a store's URL names another program: a port that was mixed up refuses no connection, so that
 * waiting for it would never end, and its errors name no variable.
 */
export class ForeignServers {
  private failures = 0;

  constructor(private readonly config: Stores & Brokers) {}

  /**
   * Looks once at the brokers, which the product starts without. What speaks Kafka or TLS, as it should, or does not
   * answer, is right.
   */
  async lookAtBrokers(): Promise<ServerMismatch | undefined> {
    const { ROLE, KAFKA_BROKERS, KAFKA_SECURITY_PROTOCOL } = this.config;
    if (ROLE === 'api' || ROLE === 'web' || KAFKA_BROKERS === '') return undefined;
    const isRight = KAFKA_SECURITY_PROTOCOL.endsWith('SSL') ? speaksTls : speaksKafka;
    const addresses = parseBrokers(KAFKA_BROKERS).map((broker) => {
      const [host = '', port = ''] = broker.split(':');
      return { host, port: Number(port) };
    });
    const found = await Promise.all(
      addresses.map(async (address) => {
        const program = (await isRight(address)) ? undefined : await whatAnswers(address, BROKER_LIMIT_MS);
        return program && mismatch('KAFKA_BROKERS', 'Kafka', address, program);
      }),
    );
    return found.find((wrong) => wrong !== undefined);
  }

  /**
   * Looks after the 1st, 2nd, 4th, 8th … failure only: a MariaDB that stands still would at last lock out a host that
   * connects often and says nothing that it understands.
   */
  async lookAfterFailure(): Promise<ServerMismatch | undefined> {
    this.failures++;
    return Number.isInteger(Math.log2(this.failures)) ? this.look() : undefined;
  }

  /** The variable that names another program, if one does. */
  private async look(): Promise<ServerMismatch | undefined> {
    const { host, port } = parseDatabaseUrl(this.config.DATABASE_URL);
    const { nodes, tls } = parseRedisUrls(this.config.REDIS_URL);
    const found = await Promise.all([
      this.compare('DATABASE_URL', { host, port }, 'a MariaDB'),
      ...nodes.map((node) => this.compare('REDIS_URL', node, tls ? undefined : 'a Redis without TLS')),
    ]);
    return found.find((wrong) => wrong !== undefined);
  }

  /** @param right what should answer; undefined: nothing that is known without TLS */
  private async compare(
    variable: keyof Stores,
    address: Address,
    right: Program | undefined,
  ): Promise<ServerMismatch | undefined> {
    const program = await whatAnswers(address);
    if (program === right) return undefined;
    const wanted = variable === 'DATABASE_URL' ? 'MariaDB' : 'Redis';
    if (program !== undefined) return mismatch(variable, wanted, address, program);
    const { host, port } = address;
    return wanted === 'Redis' && (await speaksTls(address))
      ? new ServerMismatch(variable, `must begin with rediss: the server at ${host}:${port} speaks TLS`)
      : undefined;
  }
}

const mismatch = (
  variable: keyof Stores | 'KAFKA_BROKERS',
  wanted: string,
  { host, port }: Address,
  program: Program,
): ServerMismatch =>
  new ServerMismatch(variable, `must name a ${wanted}: at ${host}:${port} answers ${program}`);
