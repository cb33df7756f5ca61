import { join } from 'node:path';
import type { Router } from 'express';
import type { DependencyContainer } from 'tsyringe';
import { CONFIG, type Config } from '../config/config';
import { hasIdentity } from '../config/fields/identity';
import { BalanceService } from '../modules/accounts/service';
import { ConcertService } from '../modules/catalog/service';
import { IdentityService } from '../modules/identity/service';
import type { RouteMiddleware } from '../modules/middleware';
import { OrderService } from '../modules/orders/order-service';
import { type PageFile, readPages } from '../modules/pages/files';
import { FormGuard } from '../modules/pages/forms/guard';
import { formRoutes } from '../modules/pages/forms/routes';
import { pageRoutes } from '../modules/pages/routes';
import { PaymentService } from '../modules/payments/service';
import { QueueService } from '../modules/waiting-room/service';
import { LOGGER, type Logger } from '../platform/observability/logger';

/** Where scripts/build.js puts the pages, seen from dist/ and from src/. */
export const PAGES = join(__dirname, '../../dist/web');

/**
 * The pages for buyers, and the way without JavaScript. Sources that are run as they are (scripts/dev.js) have no pages.
 * @param middleware made only where forms need it
 */
export function pageRouters(container: DependencyContainer, middleware: () => RouteMiddleware): Router[] {
  const config = container.resolve<Config>(CONFIG);
  if (config.ROLE === 'worker') return [];
  const files = readPages(PAGES, {
    queueId: config.QUEUE_ID,
    maxWaitSeconds: config.QUEUE_MAX_WAIT_SECONDS,
    idleSeconds: config.QUEUE_IDLE_TIMEOUT_SECONDS,
    hasProofOfWork: config.TOKEN_GATE === 'proof-of-work',
    signInUrl: config.TOKEN_IDENTITY_SIGN_IN_URL,
    isJoinedElsewhere: isJoinedElsewhere(config),
    extensionSeconds: config.HOLD_EXTENSION_SECONDS,
  });
  if (files !== undefined)
    return [pageRoutes(files), ...(config.ROLE === 'web' ? [] : formsOf(container, files, middleware))];
  container.resolve<Logger>(LOGGER).warn({ folder: PAGES }, 'there are no pages: they have not been built');
  return [];
}

/** The page has no sign-in at the shop and no Turnstile widget: what it would send is refused. */
const isJoinedElsewhere = (config: Config): boolean =>
  config.TOKEN_GATE === 'turnstile' || (hasIdentity(config) && config.TOKEN_IDENTITY_SIGN_IN_URL === '');

/** The buyer's way without JavaScript; where a token costs something or takes the shop's assertion there is none. */
function formsOf(
  container: DependencyContainer,
  files: PageFile[],
  middleware: () => RouteMiddleware,
): Router[] {
  const config = container.resolve<Config>(CONFIG);
  const queue = container.resolve(QueueService);
  const style = files.find(({ path }) => /\/forms-[^/]*\.css$/.test(path));
  if (style === undefined || queue.gateName !== 'none' || container.resolve(IdentityService).isRequired)
    return [];
  const services = {
    queue,
    concerts: container.resolve(ConcertService),
    orders: container.resolve(OrderService),
    payments: container.resolve(PaymentService),
    balances: container.resolve(BalanceService),
    guard: new FormGuard([config.TOKEN_SECRET, config.TOKEN_SECRET_SECONDARY]),
    style: style.path,
    mayExtend: config.HOLD_EXTENSION_SECONDS > 0,
  };
  return [formRoutes(services, middleware())];
}
