import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../config/config';
import { parseDatabaseUrl, parseRedisUrls } from '../config/urls';
import { ServerMismatch } from './server-checks';

type Stores = Pick<Config, 'DATABASE_URL' | 'REDIS_URL'>;
type Program = 'a MariaDB' | 'a Redis without TLS' | 'an HTTP server';

/** Redis and HTTP servers answer it; MariaDB has spoken first. */
const QUESTION = 'PING\r\n\r\n';
const GREETING_MS = 250;
const LIMIT_MS = 1000;

/** Which program it is that begins with these bytes; undefined: one of which nothing is known. */
function programOf(bytes: Buffer): Program | undefined {
  const text = bytes.toString('latin1');
  if (/^(?:\+PONG|-[A-Z]{2,} )/.test(text)) return 'a Redis without TLS';
  if (text.startsWith('HTTP/')) return 'an HTTP server';
  // Three bytes of length, the number 0 of the first packet, and the version of the protocol or an error.
  const isGreeting = bytes.length > 4 && bytes.readUIntLE(0, 3) < 1024 && bytes[3] === 0;
  return isGreeting && (bytes[4] === 0x0a || bytes[4] === 0xff) ? 'a MariaDB' : undefined;
}

/** What answers at an address; undefined: nothing, or nothing that is known. */
function whatAnswers(host: string, port: number): Promise<Program | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (program?: Program): void => {
      clearTimeout(limit);
      clearTimeout(question);
      socket.destroy();
      resolve(program);
    };
    const limit = setTimeout(end, LIMIT_MS);
    const question = setTimeout(() => socket.write(QUESTION), GREETING_MS);
    socket.once('data', (bytes: Buffer) => end(programOf(bytes)));
    socket.on('error', () => end());
    socket.once('close', () => end());
  });
}

/** Whether a handshake succeeds. Nothing is sent that would need trust. */
function speaksTls(host: string, port: number): Promise<boolean> {
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

  constructor(private readonly stores: Stores) {}

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
    const { host, port } = parseDatabaseUrl(this.stores.DATABASE_URL);
    const { nodes, tls } = parseRedisUrls(this.stores.REDIS_URL);
    const found = await Promise.all([
      this.compare('DATABASE_URL', { host, port }, 'a MariaDB'),
      ...nodes.map((node) => this.compare('REDIS_URL', node, tls ? undefined : 'a Redis without TLS')),
    ]);
    return found.find((wrong) => wrong !== undefined);
  }

  /** @param right what should answer; undefined: nothing that is known without TLS */
  private async compare(
    variable: keyof Stores,
    { host, port }: { host: string; port: number },
    right: Program | undefined,
  ): Promise<ServerMismatch | undefined> {
    const program = await whatAnswers(host, port);
    if (program === right) return undefined;
    const wanted = variable === 'DATABASE_URL' ? 'MariaDB' : 'Redis';
    if (program !== undefined)
      return new ServerMismatch(variable, `must name a ${wanted}: at ${host}:${port} answers ${program}`);
    return wanted === 'Redis' && (await speaksTls(host, port))
      ? new ServerMismatch(variable, `must begin with rediss: the server at ${host}:${port} speaks TLS`)
      : undefined;
  }
}
