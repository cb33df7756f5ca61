import { randomInt } from 'node:crypto';
import request, { type Response, type Test } from 'supertest';
import { AuditRepository } from '../../../src/modules/organizer/audit/repository';
import { OperatorRepository } from '../../../src/modules/organizer/operators/repository';
import type { Role } from '../../../src/modules/organizer/operators/service';
import type { Database } from '../../../src/platform/database/database';

export interface OperatorKey {
  name: string;
  key: string;
}

/** Makes an operator of an own name, as `npm run db -- operator add` does. */
export async function givenOperator(admin: Database, role: Role): Promise<OperatorKey> {
  const name = `${role}-${randomInt(1e12)}`;
  const key = await new OperatorRepository(admin, new AuditRepository(admin)).add(name, role, 'test');
  if (key === undefined) throw new Error(`There is an operator ${name} already.`);
  return { name, key };
}

export const revokeOperator = (admin: Database, name: string): Promise<boolean> =>
  new OperatorRepository(admin, new AuditRepository(admin)).revoke(name, 'test');

type Method = 'get' | 'post' | 'patch' | 'put';

/** Requests to the management port with an operator's key. */
export class OrganizerClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  send(method: Method, path: string, body?: object, headers: Record<string, string> = {}): Test {
    const api = request(this.url);
    const it = api[method](`/v1/admin/${path}`).set({ Authorization: `Bearer ${this.key}`, ...headers });
    return body === undefined ? it : it.send(body);
  }

  get(path: string): Test {
    return this.send('get', path);
  }

  post(path: string, body: object): Test {
    return this.send('post', path, body);
  }

  patch(path: string, body: object, ifMatch?: string): Test {
    return this.send('patch', path, body, ifMatch === undefined ? {} : { 'If-Match': ifMatch });
  }

  /** A layout of one section, a concert and a draft of a schedule. */
  async draft({ rows = 2, seatsPerRow = 5, price = 100, ...more }: DraftOptions = {}): Promise<Draft> {
    const grid = [{ name: `Hall ${randomInt(1e12)}`, rows, seatsPerRow, priceClass: 'R' }];
    const { layoutId } = dataOf<{ layoutId: number }>(await this.post('layouts', { name: 'Hall', grid }));
    const title = `Organizer ${randomInt(1e12)}`;
    const { concertId } = dataOf<{ concertId: number }>(await this.post('concerts', { title }));
    const answer = await this.post(`concerts/${concertId}/schedules`, {
      startsAt: inDays(30),
      endsAt: inDays(31),
      layoutId,
      prices: { R: price },
      ...more,
    });
    const { scheduleId } = dataOf<{ scheduleId: number }>(answer);
    return { layoutId, concertId, scheduleId, title, etag: etagOf(answer) };
  }

  /** The same, published. */
  async published(options?: DraftOptions): Promise<Draft> {
    const draft = await this.draft(options);
    const answer = await this.post(`schedules/${draft.scheduleId}/publication`, {});
    dataOf(answer);
    return { ...draft, etag: etagOf(answer) };
  }
}

interface DraftOptions {
  rows?: number;
  seatsPerRow?: number;
  price?: number;
  opensAt?: string;
  closesAt?: string;
  seatsPerUser?: number;
}

interface Draft {
  layoutId: number;
  concertId: number;
  scheduleId: number;
  title: string;
  etag: string;
}

const DAY_MS = 86_400_000;
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

/** The data, of the type that the test expects. @throws unless the answer is a success */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as response.json() is read elsewhere
export function dataOf<T>(answer: Response): T {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return (answer.body as { data: T }).data;
}

export const etagOf = (answer: Response): string => String(answer.headers.etag);

export const codeOf = (answer: Response): string =>
  (answer.body as { exception: { code: string } | null }).exception?.code ?? String(answer.status);
