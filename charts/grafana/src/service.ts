import { dashboard } from './lib/dashboard.ts';
import { events, variables } from './lib/prometheus.ts';
import { atAGlance } from './service/at-a-glance.ts';
import { objectives } from './service/objectives.ts';
import { protection } from './service/protection.ts';
import { routes } from './service/routes.ts';
import { oversellWatch, seatsAndMoney } from './service/sales.ts';
import { waitingRoom } from './service/waiting-room.ts';

export const service = dashboard({
  uid: 'concert-service',
  title: 'Concert: service',
  description: 'What buyers get: answers, the waiting room, seats and money, and what protects them.',
  source: 'prometheus',
  variables: variables(),
  annotations: events(),
  rows: [atAGlance, waitingRoom, routes, objectives, seatsAndMoney, protection, oversellWatch],
});
