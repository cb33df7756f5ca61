import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mariadb';
import { between } from '../random.ts';
import type { MariaDb } from '../system/mariadb.ts';
import type { Nemesis } from './nemesis.ts';

const PIECE = Buffer.alloc(1 << 20);
const ROW_BYTES = 1 << 16;

/** A session that locks the seats that buyers want and does not let go: waits for locks time out (1205). */
const locks: Nemesis = {
  name: 'mariadb-locks',
  about: 'a session holds the locks of free seats longer than a lock is waited for',
  plan: (random) => ({ what: 'locks held', target: 'mariadb', lastsMs: between(random, 2500, 4500) }),
  inject: async ({ mariadb }) => {
    const connection = await mariadb.connect();
    await connection.query('SET innodb_lock_wait_timeout = 1');
    await connection.beginTransaction();
    await connection
      .query("SELECT id FROM concert_seat WHERE status = 'AVAILABLE' ORDER BY id LIMIT 8 FOR UPDATE")
      .catch(() => undefined); // buyers have them
    return () => connection.destroy();
  },
};

/** Sessions that lock reservation, seat and user against the order of the product. */
const deadlocks: Nemesis = {
  name: 'mariadb-deadlocks',
  about: 'sessions lock seat, reservation and user in the wrong order: deadlocks (1213)',
  plan: (random) => ({ what: 'deadlocks', target: 'mariadb', lastsMs: between(random, 2500, 4000) }),
  inject: async ({ mariadb }) => {
    const before = await deadlocksOf(mariadb);
    let isOver = false;
    const lockBackwards = async (): Promise<void> => {
      const connection = await mariadb.connect();
      while (!isOver) {
        try {
          await connection.beginTransaction();
          const live = await connection.query<{ id: number; seat_id: number; user_id: number }[]>(
            "SELECT id, seat_id, user_id FROM reservation WHERE status = 'TEMP_RESERVED' ORDER BY RAND() LIMIT 4",
          );
          for (const { seat_id } of live)
            await connection.query('SELECT 1 FROM concert_seat WHERE id = ? FOR UPDATE', [seat_id]);
          await sleep(5);
          for (const { id } of live)
            await connection.query('SELECT 1 FROM reservation WHERE id = ? FOR UPDATE', [id]);
          for (const { user_id } of live)
            await connection.query('SELECT 1 FROM member WHERE id = ? FOR UPDATE', [user_id]);
        } catch {
          // the victim is as often we
        }
        await connection.rollback().catch(() => undefined);
      }
      connection.destroy();
    };
    const sessions = [lockBackwards(), lockBackwards(), lockBackwards()];
    return async () => {
      isOver = true;
      await Promise.allSettled(sessions);
      return `${(await deadlocksOf(mariadb)) - before} deadlocks`;
    };
  },
};

async function deadlocksOf(mariadb: MariaDb): Promise<number> {
  const [row] = await mariadb.rows<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'");
  return Number(row?.Value);
}

/** Others take every connection that the server has. */
const connections: Nemesis = {
  name: 'mariadb-connections',
  about: 'max_connections is used up by others, and the product’s connections are killed',
  plan: (random) => ({
    what: 'no connections left',
    target: 'mariadb',
    lastsMs: between(random, 2000, 4000),
  }),
  inject: async ({ mariadb }) => {
    const admin = await mariadb.connect();
    const taken: Connection[] = [];
    await killThoseOf(admin, 'app');
    const takeAll = async (): Promise<void> => {
      for (;;) taken.push(await mariadb.connect('app'));
    };
    await takeAll().catch(() => undefined); // until there are no more
    await killThoseOf(admin, 'app', taken);
    await takeAll().catch(() => undefined);
    return () => {
      for (const connection of [...taken, admin]) connection.destroy();
    };
  },
};

async function killThoseOf(admin: Connection, user: string, but: Connection[] = []): Promise<void> {
  const ours = new Set(but.map(({ threadId }) => threadId));
  const sessions = await admin.query<{ id: number }[]>(
    'SELECT id FROM information_schema.processlist WHERE user = ?',
    [user],
  );
  for (const { id } of sessions)
    if (!ours.has(id)) await admin.query(`KILL CONNECTION ${id}`).catch(() => undefined);
}

const readOnly: Nemesis = {
  name: 'mariadb-read-only',
  about: 'read_only = 1, as after a failover to a replica',
  plan: (random) => ({ what: 'read_only', target: 'mariadb', lastsMs: between(random, 2000, 4000) }),
  inject: async ({ mariadb }) => {
    await setReadOnly(mariadb, 1);
    return () => setReadOnly(mariadb, 0);
  },
};

async function setReadOnly(mariadb: MariaDb, value: 0 | 1): Promise<void> {
  await mariadb.rows(`SET GLOBAL read_only = ${value}`);
}

const diskFull: Nemesis = {
  name: 'mariadb-full',
  about: 'the disk of MariaDB (a tmpfs) is full, and the table that every sale adds to must grow',
  needs: 'root',
  plan: (random) => ({ what: 'disk full', target: 'mariadb', lastsMs: between(random, 3000, 6000) }),
  inject: async ({ dataFolder, mariadb }) => {
    const filler = join(dataFolder, 'filler');
    const file = openSync(filler, 'a');
    try {
      for (;;) writeSync(file, PIECE);
    } catch {
      // full
    } finally {
      closeSync(file);
    }
    const hog = await takeFreePages(mariadb);
    return async () => {
      rmSync(filler, { force: true });
      hog.destroy();
      if (!mariadb.child.isAlive) await mariadb.child.start(60_000); // it may give up of itself
    };
  },
};

/** A table has free pages. While this transaction is open it has none, and must grow. */
async function takeFreePages(mariadb: MariaDb): Promise<Connection> {
  const hog = await mariadb.connect();
  await hog.beginTransaction();
  const takeMore = async (): Promise<void> => {
    for (;;)
      await hog.query(
        `INSERT INTO outbox (event_id, topic, partition_key, payload)
         VALUES (UUID(), 'nobody', '', JSON_QUOTE(REPEAT('x', ${ROW_BYTES})))`,
      );
  };
  await takeMore().catch(() => undefined); // until there are no more
  return hog;
}

/** The least time in which some buyers reach the statement that is held up. */
const HELD_UP_MS = 2000;

/** Batches have done their sales and stand before the statement that writes their events, when the server is killed. */
const batch: Nemesis = {
  name: 'mariadb-batch',
  about: 'kill -9 of mariadb between the statements of batches, started again with its data',
  plan: (random) => ({ what: 'kill -9 in a batch', target: 'mariadb', lastsMs: between(random, 500, 2500) }),
  inject: async ({ mariadb }) => {
    const admin = await mariadb.connect();
    await admin.query('LOCK TABLES outbox WRITE');
    const startedAt = performance.now();
    let heldUp = 0;
    while (heldUp === 0 && performance.now() - startedAt < HELD_UP_MS) {
      await sleep(20);
      heldUp = await waitingForOutbox(mariadb);
    }
    await mariadb.child.stop('SIGKILL');
    admin.destroy();
    return async () => {
      await mariadb.child.start(60_000);
      return `${heldUp} batches were held up`;
    };
  },
};

async function waitingForOutbox(mariadb: MariaDb): Promise<number> {
  const [row] = await mariadb.rows<{ count: number }>(
    `SELECT COUNT(*) AS count FROM information_schema.processlist
      WHERE user = 'app' AND state LIKE 'Waiting for table%' AND info LIKE '%INSERT INTO outbox%'`,
  );
  return row?.count ?? 0;
}

export const mariadbNemeses: Nemesis[] = [locks, deadlocks, connections, readOnly, diskFull, batch];
