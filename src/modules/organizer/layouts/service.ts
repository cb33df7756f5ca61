import { LRUCache } from 'lru-cache';
import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import { Database, isDuplicateKey } from '../../../platform/database/database';
import { type Actor, AuditRepository } from '../audit/repository';
import type { PageQuery } from '../paging';
import { contentOf, type LayoutContent, priceClassesOf } from './content';
import { LayoutRepository, type NewLayout } from './repository';
import type { LayoutOutside, LayoutView } from './schema';

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
  async create(actor: Actor, input: LayoutOutside): Promise<LayoutView> {
    const content = await contentOf(input);
    try {
      return await this.save(actor, input.name, content);
    } catch (error) {
      if (!isDuplicateKey(error, 'layout_once')) throw error;
      return this.save(actor, input.name, content); // somebody else was first
    }
  }

  private async save(
    actor: Actor,
    name: string,
    { priceClasses, ...content }: LayoutContent,
  ): Promise<LayoutView> {
    return this.database.modelTransaction(async (tx) => {
      const { layout, isNew } = await this.layouts.findOrCreate(tx, { name, ...content });
      const view = viewOf(layout, priceClasses);
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

  /** @returns a LayoutWithSeats as JSON: its seats are megabytes, which stay the text that they are @throws NotFound (404) */
  async findText(id: number): Promise<string> {
    const layout = await this.layouts.find(id);
    if (layout === undefined) throw new NotFound(`Layout ${id}`);
    const view = JSON.stringify(viewOf(layout, await priceClassesOf(layout)));
    return `${view.slice(0, -1)},${layout.document.slice(1)}`;
  }

  /** Reads a document at a time, and each once. */
  private async priceClassesOf(id: number): Promise<string[]> {
    const known = this.priceClasses.get(id);
    if (known !== undefined) return known;
    const layout = await this.layouts.find(id);
    const names = layout === undefined ? [] : await priceClassesOf(layout);
    this.priceClasses.set(id, names);
    return names;
  }
}

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
