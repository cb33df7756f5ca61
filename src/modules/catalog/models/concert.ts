import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

export interface Concert extends Model<InferAttributes<Concert>, InferCreationAttributes<Concert>> {
  id: CreationOptional<number>;
  title: string;
  /** null: the main queue sells it. */
  queueId: CreationOptional<string | null>;
  /** Counts the edits. An edit of an older version fails. */
  version: CreationOptional<number>;
  createdAt: CreationOptional<Date>;
}

export const defineConcert = (sequelize: Sequelize): ModelStatic<Concert> =>
  sequelize.define<Concert>(
    'concert',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      title: { type: DataTypes.STRING(200), allowNull: false },
      queueId: DataTypes.STRING(64),
      version: { type: DataTypes.INTEGER, defaultValue: 0 },
      createdAt: DataTypes.DATE(3),
    },
    { tableName: 'concert', underscored: true, timestamps: false, version: true },
  );
