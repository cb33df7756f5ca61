import { dashboard } from './lib/dashboard.ts';
import { events, variables } from './lib/prometheus.ts';
import { gates } from './service/gates.ts';
import { objectives } from './service/objectives.ts';
import { overview } from './service/overview.ts';
import { pages } from './service/pages.ts';
import { protection } from './service/protection.ts';
import { routes } from './service/routes.ts';
import { invariantChecks, seatsAndMoney } from './service/sales.ts';
import { waitingRoom } from './service/waiting-room.ts';

export const service = dashboard({
  uid: 'concert-service',
  title: 'Concert: service',
  description: 'What users see: answers, the waiting room, seats and money, and what protects them.',
  source: 'prometheus',
  variables: variables(),
  annotations: events(),
  rows: [overview, waitingRoom, gates, pages, routes, objectives, seatsAndMoney, protection, invariantChecks],
});
