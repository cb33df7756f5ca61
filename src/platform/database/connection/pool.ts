import type { Connection } from 'mariadb';
import { Sequelize, type Transaction } from 'sequelize';
import { monotonicMs } from '../../../common/clock';
import { parseDatabaseUrl } from '../../../config/urls';
import { ReconnectLimit } from '../../reconnect-limit';
import { connectionOptions, type DatabaseOptions } from './options';
import { connector } from './connector';
import { databaseErrorKind, DatabaseUnavailable, toUnavailable } from '../errors';

/** What is used of Sequelize's pool. */
interface Pool {
  size: number;
  using: number;
  waiting: number;
  /** Closes the idle connections. */
  destroyAllNow(): Promise<void>;
}

/** A connection that was denied a right is given up for a new one at this age: a denied statement costs no more logins. */
const RENEWAL_MS = 2000;

/** The connections of a process, owned by Sequelize. Work that takes too long loses its connection. */
export class ConnectionPool {
  readonly sequelize: Sequelize;
  /** When a connection was last refused or lost, by the monotonic clock. */
  lostAtMs = -Infinity;
  private readonly reconnects = new ReconnectLimit();
  /**
   * When the connections were made, by the monotonic clock: those since all were given up for the last time. The pool
   * closes the others instead of lending them.
   */
  private madeAtMs = new WeakMap<object, number>();
  private longestWaitMs = 0;
  private busy = { ms: 0, sinceMs: monotonicMs() };

  constructor(private readonly options: DatabaseOptions) {
    const target = parseDatabaseUrl(options.url);
    const { database, user, password, host, port } = target;
    this.sequelize = new Sequelize(database, user, password, {
      dialect: 'mariadb',
      dialectModule: connector,
      host,
      port,
      logging: false,
      keepDefaultTimezone: true, // the session's zone is set below, once per connection
      pool: {
        max: options.poolMax,
        min: 0,
        idle: 60_000,
        acquire: options.acquireMs,
        validate: (connection) => this.isUsable(connection as Connection),
      },
      retry: { max: 0 },
      hooks: {
        afterConnect: (connection) => void this.madeAtMs.set(connection as object, monotonicMs()),
        afterPoolAcquire: (connection, options) => this.limitTransaction(connection as Connection, options),
      },
      dialectOptions: connectionOptions(this.options, target),
    } as ConstructorParameters<typeof Sequelize>[1]);
  }

  /** Connections of this process: open, in use, and requests that wait for one. */
  get size(): { open: number; inUse: number; waiting: number } {
    const { size, using, waiting } = this.connections;
    return { open: size, inUse: using, waiting };
  }

  /** Longest wait for a connection since the last call. */
  takeLongestWaitMs(): number {
    const taken = this.longestWaitMs;
    this.longestWaitMs = 0;
    return taken;
  }

  /** Share of the connections' time in which they were in use since the last call; a use counts when it ends. */
  takeBusyShare(): number {
    const now = monotonicMs();
    const { ms, sinceMs } = this.busy;
    this.busy = { ms: 0, sinceMs: now };
    return Math.min(1, ms / Math.max(1, (now - sinceMs) * this.options.poolMax));
  }

  async close(): Promise<void> {
    await this.sequelize.close();
  }

  /**
   * Lends a connection to `work`, for at most `timeoutMs`.
   * @throws DatabaseUnavailable without a connection in time, or without an answer in time
   */
  async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    const gotAtMs = monotonicMs();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        connection.destroy(); // the server rolls back what was not committed
        reject(new DatabaseUnavailable(new Error(`no answer within ${this.options.timeoutMs} ms`)));
      }, this.options.timeoutMs);
    });
    try {
      return await Promise.race([work(connection), late]);
    } catch (error) {
      this.noticeError(error, connection);
      this.renewIfDenied(error, connection);
      throw toUnavailable(error);
    } finally {
      clearTimeout(timer);
      this.sequelize.connectionManager.releaseConnection(connection);
      this.busy.ms += monotonicMs() - gotAtMs;
    }
  }

  /**
   * Runs `work` in a transaction of Sequelize's, for at most `timeoutMs`; an error rolls back.
   * @throws DatabaseUnavailable without a connection in time, or without an answer in time
   */
  async withTransaction<T>(
    work: (transaction: Transaction, connection: Connection) => Promise<T>,
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let lent: Connection | undefined;
    try {
      return await this.sequelize.transaction(async (transaction) => {
        const { connection } = transaction as unknown as { connection: Connection };
        lent = connection;
        const late = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => {
            connection.destroy();
            reject(new DatabaseUnavailable(new Error(`no answer within ${this.options.timeoutMs} ms`)));
          }, this.options.timeoutMs);
        });
        return Promise.race([work(transaction, connection), late]);
      });
    } catch (error) {
      this.noticeError(error);
      this.renewIfDenied(error, lent);
      throw toUnavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Sequelize lends a connection to a transaction and sends its BEGIN before the work is called: a server that stands
   * still would be waited for without end, and the connection would be nobody else's.
   * @param options of a transaction of Sequelize's: its id, which its connection carries as long as it has it
   */
  private limitTransaction(connection: Connection, options: object): void {
    const { uuid } = options as { uuid?: string };
    if (uuid === undefined) return;
    const borrowed: Connection & { uuid?: string } = connection;
    setTimeout(() => {
      if (borrowed.uuid === uuid) connection.destroy();
    }, this.options.timeoutMs).unref();
  }

  private async acquire(): Promise<Connection> {
    const startedAtMs = monotonicMs();
    try {
      const { connectionManager } = this.sequelize;
      return (await connectionManager.getConnection({ type: 'write' })) as unknown as Connection;
    } catch (error) {
      this.noticeError(error);
      throw new DatabaseUnavailable(error);
    } finally {
      this.longestWaitMs = Math.max(this.longestWaitMs, monotonicMs() - startedAtMs);
    }
  }

  private get connections(): Pool {
    return (this.sequelize.connectionManager as unknown as { pool: Pool }).pool;
  }

  /** Draws from an error what it says about its connection, and about all of them. */
  private noticeError(error: unknown, connection?: Connection): void {
    const kind = databaseErrorKind(error);
    if (kind === 'lost' || kind === 'demoted') this.lostAtMs = monotonicMs();
    if (kind === 'lost') connection?.destroy();
    if (kind === 'incomplete' || kind === 'full') this.options.onRefused?.(kind, error);
    if (kind !== 'demoted' || !this.reconnects.allow()) return;
    this.madeAtMs = new WeakMap();
    void this.connections.destroyAllNow().catch(() => undefined); // the idle ones; those in use follow
    this.options.onRefused?.(kind, error);
  }

  /** Rights to a whole database, and by a role, are those of the moment at which the connection was made. */
  private renewIfDenied(error: unknown, connection: Connection | undefined): void {
    if (connection === undefined || databaseErrorKind(error) !== 'incomplete') return;
    const madeAtMs = this.madeAtMs.get(connection) ?? -Infinity;
    if (monotonicMs() - madeAtMs > RENEWAL_MS) this.madeAtMs.delete(connection);
  }

  private isUsable(connection: Connection): boolean {
    if (connection.isValid() && this.madeAtMs.has(connection)) return true;
    connection.destroy();
    return false;
  }
}
