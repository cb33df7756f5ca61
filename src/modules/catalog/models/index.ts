import { Lifecycle, scoped } from 'tsyringe';
import type { ModelStatic } from 'sequelize';
import { Database } from '../../../platform/database/database';
import { type Concert, defineConcert } from './concert';
import { defineLayout, type Layout } from './layout';
import { definePriceClass, type PriceClass } from './price-class';
import { defineSchedule, type Schedule } from './schedule';
import { defineSeat, type Seat } from './seat';

export type { Concert } from './concert';
export type { Layout } from './layout';
export type { PriceClass } from './price-class';
export type { Schedule } from './schedule';
export type { Seat, SeatStatus } from './seat';

/**
 * The catalogue as Sequelize models: a concert has schedules, a schedule has seats and price classes, and may have a
 * layout. The statements that decide a sale are SQL (modules/orders); they read and write the same rows.
 */
@scoped(Lifecycle.ContainerScoped)
export class CatalogModels {
  readonly concert: ModelStatic<Concert>;
  readonly schedule: ModelStatic<Schedule>;
  readonly seat: ModelStatic<Seat>;
  readonly layout: ModelStatic<Layout>;
  readonly priceClass: ModelStatic<PriceClass>;

  constructor({ sequelize }: Database) {
    this.concert = defineConcert(sequelize);
    this.schedule = defineSchedule(sequelize);
    this.seat = defineSeat(sequelize);
    this.layout = defineLayout(sequelize);
    this.priceClass = definePriceClass(sequelize);
    this.concert.hasMany(this.schedule, { as: 'schedules', foreignKey: 'concertId' });
    this.schedule.belongsTo(this.concert, { as: 'concert', foreignKey: 'concertId' });
    this.schedule.hasMany(this.seat, { as: 'seats', foreignKey: 'scheduleId' });
    this.schedule.hasMany(this.priceClass, { as: 'priceClasses', foreignKey: 'scheduleId' });
    this.schedule.belongsTo(this.layout, { as: 'layout', foreignKey: 'layoutId' });
  }
}
