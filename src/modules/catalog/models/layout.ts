import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

/** The plan of a hall, which never changes. */
export interface Layout extends Model<InferAttributes<Layout>, InferCreationAttributes<Layout>> {
  id: CreationOptional<number>;
  /** SHA-256 of the document, base64url. */
  hash: string;
  name: string;
  seatCount: number;
  /** JSON of sections, rows and seats. */
  document: string;
  createdAt: CreationOptional<Date>;
}

export const defineLayout = (sequelize: Sequelize): ModelStatic<Layout> =>
  sequelize.define<Layout>(
    'layout',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      hash: { type: DataTypes.STRING(43), allowNull: false },
      name: { type: DataTypes.STRING(200), allowNull: false },
      seatCount: { type: DataTypes.INTEGER, allowNull: false },
      document: { type: DataTypes.TEXT, allowNull: false },
      createdAt: DataTypes.DATE(3),
    },
    { tableName: 'layout', underscored: true, timestamps: false },
  );
