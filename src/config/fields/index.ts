import type { z } from 'zod';
import { eventsFields } from './events';
import { gatesFields } from './gates';
import { identityFields } from './identity';
import { limitsFields } from './limits';
import { processFields } from './process';
import { salesFields } from './sales';
import { storesFields } from './stores';
import { tokensFields } from './tokens';
import { tracesFields } from './traces';
import { webhooksFields } from './webhooks';
import { waitingRoomFields } from './waiting-room';

/** All variables, in the order of their table. */
export const fields = {
  ...processFields,
  ...storesFields,
  ...tokensFields,
  ...gatesFields,
  ...identityFields,
  ...waitingRoomFields,
  ...salesFields,
  ...eventsFields,
  ...webhooksFields,
  ...limitsFields,
  ...tracesFields,
};

export type Config = { readonly [K in keyof typeof fields]: z.output<(typeof fields)[K]> };
