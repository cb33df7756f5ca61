import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

export interface Audit extends Model<InferAttributes<Audit>, InferCreationAttributes<Audit>> {
  id: CreationOptional<number>;
  at: CreationOptional<Date>;
  actor: string;
  role: string;
  act: string;
  subject: string;
  reason: string | null;
  /** JSON. */
  beforeState: string | null;
  /** JSON. */
  afterState: string | null;
}

export const defineAudit = (sequelize: Sequelize): ModelStatic<Audit> =>
  sequelize.define<Audit>(
    'audit',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      at: DataTypes.DATE(3),
      actor: { type: DataTypes.STRING(64), allowNull: false },
      role: { type: DataTypes.STRING(20), allowNull: false },
      act: { type: DataTypes.STRING(60), allowNull: false },
      subject: { type: DataTypes.STRING(100), allowNull: false },
      reason: DataTypes.STRING(500),
      beforeState: DataTypes.TEXT,
      afterState: DataTypes.TEXT,
    },
    { tableName: 'audit', underscored: true, timestamps: false },
  );
