import type { Connection, ConnectionConfig } from 'mariadb';

const ANSWERS_AFTER_MS = 2;
/** The connector's numbers, by which the product knows that a connection is lost (errors.ts). */
const GIVEN_UP = 45_009;
const CONNECT_TIMEOUT = 45_012;

const lost = (errno: number): Error => Object.assign(new Error(`lost: ${errno}`), { errno });

/**
 * A MariaDB without a server and without sockets, for tests in virtual time: it answers every statement, and nothing
 * while it stands still. What was sent meanwhile is answered afterwards, unless its connection was given up.
 */
class VirtualMariadb {
  private held: (() => void)[] = [];
  private isStill = false;

  standStill(): void {
    this.isStill = true;
  }

  goOn(): void {
    this.isStill = false;
    for (const answer of this.held.splice(0)) setTimeout(answer, ANSWERS_AFTER_MS);
  }

  /** For the connector. */
  readonly createConnection = (config: ConnectionConfig): Promise<Connection> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(lost(CONNECT_TIMEOUT)), config.connectTimeout);
      this.answer(() => {
        clearTimeout(timer);
        resolve(this.connection());
      });
    });

  private connection(): Connection {
    const unanswered = new Set<(error: Error) => void>();
    let isOpen = true;
    const ask = <T>(value: T): Promise<T> =>
      new Promise((resolve, reject) => {
        unanswered.add(reject);
        if (!isOpen) reject(lost(GIVEN_UP));
        this.answer(() => {
          if (unanswered.delete(reject)) resolve(value);
        });
      });
    const done = { affectedRows: 1, insertId: 0 };
    return {
      prepare: () => ask({ execute: () => ask(done), close: () => undefined }),
      serverVersion: () => '11.4.2-MariaDB',
      query: () => ask([{ version: '11.4.2-MariaDB' }]),
      isValid: () => isOpen,
      on: () => undefined,
      end: () => Promise.resolve(),
      destroy: () => {
        isOpen = false;
        for (const reject of unanswered) reject(lost(GIVEN_UP));
        unanswered.clear();
      },
    } as unknown as Connection;
  }

  private answer(act: () => void): void {
    if (this.isStill) this.held.push(act);
    else setTimeout(act, ANSWERS_AFTER_MS);
  }
}

/** One for a test file, which says `jest.mock` of the connector with it. */
export const virtualMariadb = new VirtualMariadb();

/** How long a part stands still in tests, by virtual time. */
export const STALLS_MS = [300, 1000, 3000, 10_000];
/** Within this time everything must be as before. */
export const BACK_MS = 5000;
