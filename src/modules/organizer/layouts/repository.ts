import { Lifecycle, scoped } from 'tsyringe';
import { Op } from 'sequelize';
import { Database, type ModelTransaction } from '../../../platform/database/database';
import { CatalogModels, type Layout } from '../../catalog/models';
import type { PageQuery } from '../paging';

export interface NewLayout {
  hash: string;
  name: string;
  seatCount: number;
  document: string;
}

/** Plans of halls. */
@scoped(Lifecycle.ContainerScoped)
export class LayoutRepository {
  constructor(
    private readonly database: Database,
    private readonly models: CatalogModels,
  ) {}

  /** Makes the layout, or finds the one of the same content. */
  async findOrCreate(
    { transaction }: ModelTransaction,
    layout: NewLayout,
  ): Promise<{ layout: Layout; isNew: boolean }> {
    const where = { hash: layout.hash };
    const known = await this.models.layout.findOne({ where, transaction });
    if (known !== null) return { layout: known, isNew: false };
    return { layout: await this.models.layout.create(layout, { transaction }), isNew: true };
  }

  async find(id: number): Promise<Layout | undefined> {
    return this.database.modelTransaction(
      async ({ transaction }) => (await this.models.layout.findByPk(id, { transaction })) ?? undefined,
    );
  }

  /** Newest first; without their documents, each of which may have megabytes. */
  async list(
    { before = Number.MAX_SAFE_INTEGER }: PageQuery,
    limit: number,
  ): Promise<Omit<Layout, 'document'>[]> {
    const where = { id: { [Op.lt]: before } };
    const attributes = { exclude: ['document'] };
    return this.database.modelTransaction(({ transaction }) =>
      this.models.layout.findAll({ attributes, where, order: [['id', 'DESC']], limit, transaction }),
    );
  }
}
