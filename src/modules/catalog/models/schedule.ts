import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
} from 'sequelize';
import type { Model, ModelStatic, NonAttribute, Sequelize } from 'sequelize';
import type { Concert } from './concert';
import type { Layout } from './layout';
import type { PriceClass } from './price-class';

export const SCHEDULE_STATES = ['DRAFT', 'PUBLISHED', 'CANCELED'] as const;
export type ScheduleState = (typeof SCHEDULE_STATES)[number];

/** A date of a concert: DRAFT → PUBLISHED → CANCELED, or DRAFT → CANCELED. */
export interface Schedule extends Model<InferAttributes<Schedule>, InferCreationAttributes<Schedule>> {
  id: CreationOptional<number>;
  concertId: number;
  startsAt: Date;
  endsAt: Date;
  state: ScheduleState;
  /** null: the sale opens when the schedule is published. */
  opensAt: CreationOptional<Date | null>;
  /** null: the sale closes when the concert starts. */
  closesAt: CreationOptional<Date | null>;
  /** null: no ticket is taken back. */
  refundableUntil: CreationOptional<Date | null>;
  /** null: MAX_SEATS_PER_USER. */
  seatsPerUser: CreationOptional<number | null>;
  layoutId: CreationOptional<number | null>;
  /** Counts the edits. An edit of an older version fails. */
  version: CreationOptional<number>;
  concert?: NonAttribute<Concert>;
  layout?: NonAttribute<Layout>;
  priceClasses?: NonAttribute<PriceClass[]>;
}

export const defineSchedule = (sequelize: Sequelize): ModelStatic<Schedule> =>
  sequelize.define<Schedule>(
    'schedule',
    {
      id: { type: DataTypes.BIGINT, autoIncrement: true, primaryKey: true },
      concertId: { type: DataTypes.BIGINT, allowNull: false },
      startsAt: { type: DataTypes.DATE(3), allowNull: false },
      endsAt: { type: DataTypes.DATE(3), allowNull: false },
      state: { type: DataTypes.ENUM(...SCHEDULE_STATES), allowNull: false },
      opensAt: DataTypes.DATE(3),
      closesAt: DataTypes.DATE(3),
      refundableUntil: DataTypes.DATE(3),
      seatsPerUser: DataTypes.INTEGER,
      layoutId: DataTypes.BIGINT,
      version: { type: DataTypes.INTEGER, defaultValue: 0 },
    },
    { tableName: 'concert_schedule', underscored: true, timestamps: false, version: true },
  );
