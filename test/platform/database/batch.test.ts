import { TransactionBatcher } from '../../../src/platform/database/batch/transaction-batcher';
import { done, GuardFailed, type Outcome, refused } from '../../../src/platform/database/batch/outcome';
import { BatchMetrics } from '../../../src/platform/database/batch/metrics';
import { DatabaseUnavailable } from '../../../src/platform/database/errors';
import type { SqlTransaction } from '../../../src/platform/database/database';
import { Metrics } from '../../../src/platform/observability/metrics';

const MAX_WAIT_MS = 1000;
const AWAY = 'The database is not available right now: try again shortly.';
const turn = (): Promise<void> => new Promise(setImmediate);

interface Request {
  user: number;
  name: string;
}

/** Batches whose transactions stay under way until the test ends them. */
class HeldTransactions {
  /** What has begun, in order. */
  readonly begun: string[] = [];
  readonly answers: string[] = [];
  private readonly held: ((error?: Error) => void)[] = [];
  readonly batcher: TransactionBatcher<Request, string>;

  constructor(outcomeOf = ({ name }: Request): Outcome<string> => done(name)) {
    const work = async (_tx: SqlTransaction, requests: Request[]): Promise<Outcome<string>[]> => {
      this.begun.push(requests.map(({ name }) => name).join());
      await new Promise<void>((resolve, reject) => {
        this.held.push((error) => (error === undefined ? resolve() : reject(error)));
      });
      return requests.map(outcomeOf);
    };
    const database = { transaction: <T>(of: (tx: SqlTransaction) => Promise<T>) => of({} as SqlTransaction) };
    const kind = { name: 'test', userOf: ({ user }: Request) => user, work };
    this.batcher = new TransactionBatcher(kind, database, new BatchMetrics(new Metrics()), MAX_WAIT_MS);
  }

  /** Submits a request for each name, of users 1, 2, … unless `user` says whose they all are. */
  submit(names: string, user?: number): void {
    Array.from(names).forEach((name, i) => {
      this.batcher.submit({ user: user ?? name.charCodeAt(0) + i * 1000, name }).then(
        (answer) => this.answers.push(answer),
        (error: unknown) => this.answers.push(`${name}: ${(error as Error).message}`),
      );
    });
  }

  /** The oldest transaction under way ends. */
  async end(error?: Error): Promise<void> {
    this.held.shift()?.(error);
    for (let i = 0; i < 3; i++) await turn();
  }
}

describe('batches of transactions', () => {
  it('begin with one request when nothing is under way', async () => {
    const batches = new HeldTransactions();
    batches.submit('a');
    await turn();
    expect(batches.begun).toEqual(['a']);
  });

  it('take what arrives in one moment together', async () => {
    const batches = new HeldTransactions();
    batches.submit('abcdefgh');
    await turn();
    expect(batches.begun).toEqual(['a,b,c,d,e,f,g,h']);
  });

  it('let a second transaction begin only for half as many requests as are under way', async () => {
    const batches = new HeldTransactions();
    batches.submit('abcdefgh');
    await turn();
    batches.submit('ijk');
    await turn();
    expect(batches.begun).toEqual(['a,b,c,d,e,f,g,h']);
    batches.submit('l');
    await turn();
    expect(batches.begun).toEqual(['a,b,c,d,e,f,g,h', 'i,j,k,l']);
  });

  it('never run two requests of one user at once, unless in one batch', async () => {
    const batches = new HeldTransactions();
    batches.submit('a', 7);
    await turn();
    batches.submit('bc', 7);
    await turn();
    expect(batches.begun).toEqual(['a']);
    await batches.end();
    expect(batches.begun).toEqual(['a', 'b,c']);
  });

  it('try each request of a failed batch alone, in the order of arrival', async () => {
    const batches = new HeldTransactions();
    batches.submit('abc');
    await turn();
    await batches.end(new GuardFailed(new Error('late')));
    for (let i = 0; i < 2; i++) await batches.end();
    await batches.end(new GuardFailed(new Error('late')));
    expect(batches.begun).toEqual(['a,b,c', 'a', 'b', 'c']);
    expect(batches.answers).toEqual(['a', 'b', 'c: late']);
  });

  it('refuse all of a batch when the server is away', async () => {
    const batches = new HeldTransactions();
    batches.submit('ab');
    await turn();
    await batches.end(new DatabaseUnavailable(new Error('away')));
    expect(batches.answers).toEqual([`a: ${AWAY}`, `b: ${AWAY}`]);
    expect(batches.begun).toEqual(['a,b']);
  });

  it('roll back when every request was refused', async () => {
    const batches = new HeldTransactions(({ name }) => refused(new Error(`no ${name}`)));
    batches.submit('a');
    await turn();
    await batches.end();
    expect(batches.answers).toEqual(['a: no a']);
  });

  it('are closed when what has begun and what waits has ended', async () => {
    const batches = new HeldTransactions();
    batches.submit('ab');
    await turn();
    let isClosed = false;
    void batches.batcher.close().then(() => (isClosed = true));
    for (let ended = 0; ended < batches.begun.length; ended++) {
      expect(isClosed).toBe(false);
      await batches.end();
    }
    expect([isClosed, batches.answers]).toEqual([true, ['a', 'b']]);
  });

  it('are closed at once when idle', async () => {
    await expect(new HeldTransactions().batcher.close()).resolves.toBeUndefined();
  });
});

describe('the time that a request may wait to begin', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('refuses it when it is over, and nobody else', async () => {
    const batches = new HeldTransactions();
    batches.submit('a', 7);
    await jest.advanceTimersByTimeAsync(1);
    batches.submit('b', 7);
    await jest.advanceTimersByTimeAsync(MAX_WAIT_MS / 2);
    batches.submit('c', 7);
    await jest.advanceTimersByTimeAsync(MAX_WAIT_MS / 2 + 1);
    expect(batches.answers).toEqual(['b: The database is not available right now: try again shortly.']);
    expect(batches.begun).toEqual(['a']);
    await jest.advanceTimersByTimeAsync(MAX_WAIT_MS);
    expect(batches.answers).toHaveLength(2);
  });
});
