import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

/** From the fewest rights to the most: each role may do what the one before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Operator extends Model<InferAttributes<Operator>, InferCreationAttributes<Operator>> {
  id: CreationOptional<number>;
  name: string;
  role: Role;
  /** SHA-256. */
  keyHash: Buffer;
  createdAt: CreationOptional<Date>;
  revokedAt: CreationOptional<Date | null>;
}

export const defineOperator = (sequelize: Sequelize): ModelStatic<Operator> =>
  sequelize.define<Operator>(
    'operator',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      name: { type: DataTypes.STRING(64), allowNull: false },
      role: { type: DataTypes.ENUM(...ROLES), allowNull: false },
      keyHash: { type: DataTypes.BLOB, allowNull: false },
      createdAt: DataTypes.DATE(3),
      revokedAt: DataTypes.DATE(3),
    },
    { tableName: 'operator', underscored: true, timestamps: false },
  );
