import type { Router } from 'express';
import type { DisplayTime } from '../../common/calendar/display-time';
import { openApiDocument } from '../../http/openapi/document';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import { auditRoutes } from './audit/routes';
import type { AuditService } from './audit/service';
import { cancellationRoutes } from './cancellation/routes';
import type { CancellationService } from './cancellation/service';
import { exportRoutes } from './exports/routes';
import type { ExportService } from './exports/service';
import { layoutRoutes } from './layouts/routes';
import type { LayoutService } from './layouts/service';
import type { Access } from './middleware';
import { openingRoutes } from './openings/routes';
import type { OpeningAdminService } from './openings/service';
import { operatorListRoutes } from './operators/routes';
import type { OperatorService } from './operators/service';
import { orderAdminRoutes } from './orders/routes';
import type { OrderAdminService } from './orders/service';
import type { ConcertAdminService } from './programme/concert-service';
import { liveRoutes } from '../live/routes';
import type { LiveService } from '../live/service';
import type { LiveStreams } from '../live/streams';
import type { RehearsalAdminService } from '../rehearsal/admin-service';
import { rehearsalAdminRoutes } from '../rehearsal/admin-routes';
import { webhookRoutes } from '../webhooks/routes';
import type { WebhookService } from '../webhooks/service';
import { concertRoutes, scheduleRoutes } from './programme/routes';
import { saleRoutes } from './programme/sale-routes';
import type { SaleService } from './programme/sale-service';
import type { ScheduleAdminService } from './programme/schedule-service';

export interface OrganizerServices {
  live: LiveService;
  streams: LiveStreams;
  webhooks: WebhookService;
  rehearsals: RehearsalAdminService;
  operators: OperatorService;
  concerts: ConcertAdminService;
  schedules: ScheduleAdminService;
  sales: SaleService;
  layouts: LayoutService;
  cancellations: CancellationService;
  orders: OrderAdminService;
  exports: ExportService;
  openings: OpeningAdminService;
  audit: AuditService;
  displayTime: DisplayTime;
}

/** Everything under /v1/admin, with the document that describes it. */
export function organizerRoutes(services: OrganizerServices, access: Access): Router[] {
  const routers = [
    operatorListRoutes(services.operators, access, services.displayTime),
    concertRoutes(services.concerts, access),
    scheduleRoutes(services.schedules, access),
    saleRoutes(services.sales, access),
    layoutRoutes(services.layouts, access),
    openingRoutes(services.openings, access),
    cancellationRoutes(services.cancellations, access),
    orderAdminRoutes(services.orders, access),
    exportRoutes(services.exports, access),
    auditRoutes(services.audit, access),
    liveRoutes(services, access),
    webhookRoutes(services.webhooks, { access, time: services.displayTime }),
    rehearsalAdminRoutes(services.rehearsals, access),
  ];
  return [...routers, documentRoute(routers)];
}

function documentRoute(routers: Router[]): Router {
  const document = openApiDocument(routers, {
    title: 'Concert reservation: organizer and operators',
    description:
      'On the management port. Every request carries an operator key (npm run db -- operator add) or MANAGEMENT_TOKEN. Every act is written down with its actor (GET /v1/admin/audit).',
  });
  const router = literalRouter();
  router.get('/v1/admin/openapi.json', (_req, res) => {
    res.json(document());
  });
  return refuseOtherMethods(router);
}
