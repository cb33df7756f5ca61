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

/** It may have megabytes. */
const WITHOUT_DOCUMENT = { exclude: ['document'] };

/** Not by the model, which writes the document into the statement: that takes a tenth of a second. */
const INSERT = 'INSERT INTO layout (hash, name, seat_count, document) VALUES (?, ?, ?, ?)';

/** Plans of halls. */
@scoped(Lifecycle.ContainerScoped)
export class LayoutRepository {
  constructor(
    private readonly database: Database,
    private readonly models: CatalogModels,
  ) {}

  /** Makes the layout, or finds the one of the same content. */
  async findOrCreate(
    tx: ModelTransaction,
    { hash, name, seatCount, document }: NewLayout,
  ): Promise<{ layout: Omit<NewLayout, 'document'> & { id: number }; isNew: boolean }> {
    const known = await this.models.layout.findOne({
      attributes: WITHOUT_DOCUMENT,
      where: { hash },
      transaction: tx.transaction,
    });
    if (known !== null) return { layout: known, isNew: false };
    const { insertId } = await tx.execute(INSERT, [hash, name, seatCount, document]);
    return { layout: { id: insertId, hash, name, seatCount }, isNew: true };
  }

  async find(id: number): Promise<Layout | undefined> {
    return this.database.modelTransaction(
      async ({ transaction }) => (await this.models.layout.findByPk(id, { transaction })) ?? undefined,
    );
  }

  /** Newest first; without their documents. */
  async list(
    { before = Number.MAX_SAFE_INTEGER }: PageQuery,
    limit: number,
  ): Promise<Omit<Layout, 'document'>[]> {
    const where = { id: { [Op.lt]: before } };
    return this.database.modelTransaction(({ transaction }) =>
      this.models.layout.findAll({
        attributes: WITHOUT_DOCUMENT,
        where,
        order: [['id', 'DESC']],
        limit,
        transaction,
      }),
    );
  }
}
