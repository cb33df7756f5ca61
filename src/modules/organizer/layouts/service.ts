import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import { Database, isDuplicateKey } from '../../../platform/database/database';
import { type Actor, AuditRepository } from '../audit/repository';
import type { PageQuery } from '../paging';
import { readSeats } from './reader';
import { LayoutRepository, type NewLayout } from './repository';
import type { LayoutInput, LayoutSeat, LayoutView, LayoutWithSeats } from './schema';

const MAX_LISTED = 100;
const MOST_KNOWN = 1000;

/** Plans of halls, each kept once. */
@scoped(Lifecycle.ContainerScoped)
export class LayoutService {
  /** By layout, which never changes. */
  private readonly priceClasses = new LRUCache<number, string[]>({ max: MOST_KNOWN });

  constructor(
    private readonly database: Database,
    private readonly layouts: LayoutRepository,
    private readonly audit: AuditRepository,
  ) {}

  /** The same content again is the layout that is there, under its first name. @throws Contradiction (400) */
  async create(actor: Actor, input: LayoutInput): Promise<LayoutView> {
    const seats = readSeats(input);
    const document = JSON.stringify({ seats });
    const hash = createHash('sha256').update(document).digest('base64url');
    const made = { hash, name: input.name, seatCount: seats.length, document };
    try {
      return await this.save(actor, made);
    } catch (error) {
      if (!isDuplicateKey(error, 'layout_once')) throw error;
      return this.save(actor, made); // somebody else was first
    }
  }

  private async save(actor: Actor, made: NewLayout): Promise<LayoutView> {
    return this.database.modelTransaction(async (tx) => {
      const { layout, isNew } = await this.layouts.findOrCreate(tx, made);
      const view = viewOf(layout, priceClassesOf(layout));
      if (isNew)
        await this.audit.append(tx, actor, {
          act: 'layout.create',
          subject: `layout:${layout.id}`,
          after: view,
        });
      return view;
    });
  }

  async list(page: PageQuery): Promise<LayoutView[]> {
    const views: LayoutView[] = [];
    for (const layout of await this.layouts.list(page, MAX_LISTED))
      views.push(viewOf(layout, await this.priceClassesOf(layout.id)));
    return views;
  }

  /** @throws NotFound (404) */
  async find(id: number): Promise<LayoutWithSeats> {
    const layout = await this.layouts.find(id);
    if (layout === undefined) throw new NotFound(`Layout ${id}`);
    return { ...viewOf(layout, priceClassesOf(layout)), seats: seatsOf(layout) };
  }

  /** Reads a document at a time, and each once. */
  private async priceClassesOf(id: number): Promise<string[]> {
    const known = this.priceClasses.get(id);
    if (known !== undefined) return known;
    const layout = await this.layouts.find(id);
    const names = layout === undefined ? [] : priceClassesOf(layout);
    this.priceClasses.set(id, names);
    return names;
  }
}

const seatsOf = ({ document }: { document: string }): LayoutSeat[] =>
  (JSON.parse(document) as { seats: LayoutSeat[] }).seats;

export const priceClassesOf = (layout: { document: string }): string[] => [
  ...new Set(seatsOf(layout).map(({ priceClass }) => priceClass)),
];

const viewOf = (
  layout: Omit<NewLayout, 'document'> & { id: number },
  priceClasses: string[],
): LayoutView => ({
  layoutId: layout.id,
  name: layout.name,
  hash: layout.hash,
  seatCount: layout.seatCount,
  priceClasses,
});
