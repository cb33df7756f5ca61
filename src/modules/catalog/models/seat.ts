import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, Sequelize } from 'sequelize';

export const SEAT_STATUSES = ['AVAILABLE', 'TEMP_RESERVED', 'RESERVED', 'BLOCKED'] as const;
export type SeatStatus = (typeof SEAT_STATUSES)[number];

/** A seat of one schedule. Where it is: null in schedules without a layout. */
export interface Seat extends Model<InferAttributes<Seat>, InferCreationAttributes<Seat>> {
  id: CreationOptional<number>;
  scheduleId: number;
  /** 1, 2, … in the order of the layout. */
  position: number;
  /** Won. */
  amount: number;
  /** BLOCKED: not for sale. */
  status: CreationOptional<SeatStatus>;
  heldUntil: CreationOptional<Date | null>;
  section: CreationOptional<string | null>;
  rowLabel: CreationOptional<string | null>;
  seatNumber: CreationOptional<string | null>;
  priceClass: CreationOptional<string | null>;
  isAccessible: CreationOptional<boolean>;
  x: CreationOptional<number | null>;
  y: CreationOptional<number | null>;
}

export const defineSeat = (sequelize: Sequelize): ModelStatic<Seat> =>
  sequelize.define<Seat>(
    'seat',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      scheduleId: { type: DataTypes.BIGINT, allowNull: false },
      position: { type: DataTypes.INTEGER, allowNull: false },
      amount: { type: DataTypes.BIGINT, allowNull: false },
      status: { type: DataTypes.ENUM(...SEAT_STATUSES), defaultValue: 'AVAILABLE' },
      heldUntil: DataTypes.DATE(3),
      section: DataTypes.STRING(40),
      rowLabel: DataTypes.STRING(10),
      seatNumber: DataTypes.STRING(10),
      priceClass: DataTypes.STRING(40),
      isAccessible: { type: DataTypes.BOOLEAN, defaultValue: false },
      x: DataTypes.INTEGER,
      y: DataTypes.INTEGER,
    },
    { tableName: 'concert_seat', underscored: true, timestamps: false },
  );
