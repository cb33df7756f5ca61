import { ProcessMetrics } from '../platform/observability/process-metrics';
import { HttpMetrics } from '../http/metrics';
import { WaitingRoomMetrics } from '../modules/waiting-room/metrics';
import { GateMetrics } from '../modules/waiting-room/tokens/gates/metrics';
import { CatalogMetrics } from '../modules/catalog/metrics';
import { AccountMetrics } from '../modules/accounts/metrics';
import { OrderMetrics } from '../modules/orders/metrics';
import { PaymentMetrics } from '../modules/payments/metrics';
import { IdempotencyMetrics } from '../modules/idempotency/metrics';
import { OutboxMetrics } from '../modules/outbox/metrics';
import { InvariantMetrics } from '../modules/invariants/metrics';
import { IdentityMetrics } from '../modules/identity/metrics';
import { BatchMetrics } from '../platform/database/batch/metrics';
import { DatabaseRefusalMetrics } from '../platform/database/refusals';
import { OrganizerMetrics } from '../modules/organizer/metrics';
import { WebhookMetrics } from '../modules/webhooks/metrics';
import { TransparencyMetrics } from '../modules/transparency/metrics';
import { TraceMetrics } from '../platform/observability/traces/metrics';

/** Made at the start, so that a process of any role exports all metrics, with 0 where nothing has happened. */
export const METRIC_GROUPS = [
  ProcessMetrics,
  HttpMetrics,
  WaitingRoomMetrics,
  GateMetrics,
  CatalogMetrics,
  AccountMetrics,
  OrderMetrics,
  PaymentMetrics,
  IdempotencyMetrics,
  OutboxMetrics,
  InvariantMetrics,
  IdentityMetrics,
  BatchMetrics,
  DatabaseRefusalMetrics,
  OrganizerMetrics,
  WebhookMetrics,
  TransparencyMetrics,
  TraceMetrics,
];
