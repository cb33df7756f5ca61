import type { Router } from 'express';
import type { DependencyContainer } from 'tsyringe';
import { DisplayTime } from '../common/calendar/display-time';
import { CONFIG, type Config } from '../config/config';
import { openApiDocument } from '../http/openapi/document';
import { LiveService } from '../modules/live/service';
import { LiveStreams } from '../modules/live/streams';
import { managementRoutes } from '../modules/operations/routes';
import { audited } from '../modules/organizer/audit/middleware';
import { AuditService } from '../modules/organizer/audit/service';
import { readOperatorPage } from '../modules/pages/files';
import { pageRoutes } from '../modules/pages/routes';
import { CancellationService } from '../modules/organizer/cancellation/service';
import { ExportService } from '../modules/organizer/exports/service';
import { LayoutService } from '../modules/organizer/layouts/service';
import { operatorAccess } from '../modules/organizer/middleware';
import { OpeningAdminService } from '../modules/organizer/openings/service';
import { OperatorService } from '../modules/organizer/operators/service';
import { OrderAdminService } from '../modules/organizer/orders/service';
import { ConcertAdminService } from '../modules/organizer/programme/concert-service';
import { SaleService } from '../modules/organizer/programme/sale-service';
import { ScheduleAdminService } from '../modules/organizer/programme/schedule-service';
import { RehearsalAdminService } from '../modules/rehearsal/admin-service';
import { WebhookService } from '../modules/webhooks/service';
import { organizerRoutes } from '../modules/organizer/routes';
import { AdmissionOperatorService } from '../modules/waiting-room/admission/operator-service';
import { operatorRoutes } from '../modules/waiting-room/admission/routes';
import { noticeRoutes } from '../modules/waiting-room/status/operator-routes';
import { QueueStatusService } from '../modules/waiting-room/status/service';
import { LOGGER } from '../platform/observability/logger';
import { Metrics } from '../platform/observability/metrics';
import { Tracer } from '../platform/observability/traces/tracer';
import { PAGES } from './pages';

/** What the management port serves besides probes. @param api the routers whose document it shows */
export function managementRouters(container: DependencyContainer, api: Router[]): Router[] {
  const { ROLE } = container.resolve<Config>(CONFIG);
  const document = api.length > 0 ? openApiDocument(api) : undefined;
  const management = managementRoutes(container.resolve(Metrics), document, container.resolve(Tracer).isOn);
  if (ROLE === 'web') return [management]; // it has no database
  const operators = container.resolve(OperatorService);
  const audit = container.resolve(AuditService);
  const access = operatorAccess(operators);
  const acts = { access, audited: audited(audit, container.resolve(LOGGER)) };
  const page = readOperatorPage(PAGES);
  return [
    management,
    ...(page === undefined ? [] : [pageRoutes(page, false)]), // sources that are run as they are have no pages
    operatorRoutes(container.resolve(AdmissionOperatorService), acts),
    noticeRoutes(container.resolve(QueueStatusService), acts),
    ...organizerRoutes(
      {
        live: container.resolve(LiveService),
        streams: container.resolve(LiveStreams),
        operators,
        audit,
        concerts: container.resolve(ConcertAdminService),
        schedules: container.resolve(ScheduleAdminService),
        sales: container.resolve(SaleService),
        layouts: container.resolve(LayoutService),
        openings: container.resolve(OpeningAdminService),
        cancellations: container.resolve(CancellationService),
        orders: container.resolve(OrderAdminService),
        exports: container.resolve(ExportService),
        displayTime: container.resolve(DisplayTime),
        webhooks: container.resolve(WebhookService),
        rehearsals: container.resolve(RehearsalAdminService),
      },
      access,
    ),
  ];
}
