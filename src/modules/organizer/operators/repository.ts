import { createHash, randomBytes } from 'node:crypto';
import { Lifecycle, scoped } from 'tsyringe';
import type { ModelStatic } from 'sequelize';
import { Database, isDuplicateKey } from '../../../platform/database/database';
import { AuditRepository } from '../audit/repository';
import { defineOperator, type Operator, type Role } from './models/operator';

const KEY_BYTES = 32;
const KEY = /^op_[\w-]{43}$/;

export interface KnownOperator {
  name: string;
  role: Role;
  createdAt: Date;
  revokedAt: Date | null;
}

/** Whether a text can be an operator's key. */
export const isKey = (text: string): boolean => KEY.test(text);

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Operators and their keys. The application reads them; they are made by the cli. */
@scoped(Lifecycle.ContainerScoped)
export class OperatorRepository {
  private readonly operators: ModelStatic<Operator>;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditRepository,
  ) {
    this.operators = defineOperator(database.sequelize);
  }

  /** @returns undefined when no operator has the key, or not any more */
  async findByKey(key: string): Promise<{ name: string; role: Role } | undefined> {
    const found = await this.database.modelTransaction(({ transaction }) =>
      this.operators.findOne({ where: { keyHash: hashOf(key), revokedAt: null }, transaction }),
    );
    return found === null ? undefined : { name: found.name, role: found.role };
  }

  async list(): Promise<KnownOperator[]> {
    return this.database.modelTransaction(({ transaction }) =>
      this.operators.findAll({
        attributes: ['name', 'role', 'createdAt', 'revokedAt'],
        order: ['id'],
        raw: true,
        transaction,
      }),
    );
  }

  /** @returns the key, which is kept nowhere; undefined when there is an operator of that name */
  async add(name: string, role: Role, actor: string): Promise<string | undefined> {
    const key = `op_${randomBytes(KEY_BYTES).toString('base64url')}`;
    try {
      await this.database.modelTransaction(async (tx) => {
        await this.operators.create({ name, role, keyHash: hashOf(key) }, { transaction: tx.transaction });
        await this.audit.append(
          tx,
          { name: actor, role: 'cli' },
          { act: 'operator.add', subject: `operator:${name}`, after: { name, role } },
        );
      });
      return key;
    } catch (error) {
      if (isDuplicateKey(error, 'one_key_per_name')) return undefined;
      throw error;
    }
  }

  /** Revokes the key immediately. @returns whether there was one */
  async revoke(name: string, actor: string): Promise<boolean> {
    return this.database.modelTransaction(async (tx) => {
      const { transaction } = tx;
      const [revoked] = await this.operators.update(
        { revokedAt: new Date() },
        { where: { name, revokedAt: null }, transaction },
      );
      if (revoked > 0)
        await this.audit.append(
          tx,
          { name: actor, role: 'cli' },
          { act: 'operator.revoke', subject: `operator:${name}` },
        );
      return revoked > 0;
    });
  }
}
