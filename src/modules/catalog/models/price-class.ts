import { DataTypes, type InferAttributes, type InferCreationAttributes } from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

/** What a seat of a class costs in a schedule. */
export interface PriceClass extends Model<InferAttributes<PriceClass>, InferCreationAttributes<PriceClass>> {
  scheduleId: number;
  name: string;
  /** Won. */
  amount: number;
}

export const definePriceClass = (sequelize: Sequelize): ModelStatic<PriceClass> =>
  sequelize.define<PriceClass>(
    'priceClass',
    {
      scheduleId: { type: DataTypes.BIGINT, primaryKey: true },
      name: { type: DataTypes.STRING(40), primaryKey: true },
      amount: { type: DataTypes.BIGINT, allowNull: false },
    },
    { tableName: 'price_class', underscored: true, timestamps: false },
  );
