/** What both scripts share: it stands in the first one, and the second one takes it from there. */
export { Fragment, h, render } from 'preact';
export type { VNode } from 'preact';
export type { Signal } from '@preact/signals';
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
export { api, ask, isUnknown, limited, refusal, type Answer } from '../shared/api/client';
export { everySecond, serverNow } from '../shared/clock';
export { drop, keep, readKept } from '../shared/kept';
export { scriptUrl } from '../shared/trusted';
export { jittered, wait } from '../shared/wait';
export { announce } from './announce';
export * from './format';
export { authorized, claimsOf, movePhase, place, setPlace } from './place';
export { loadStyle } from './style';
export { errorText, language, t } from './texts';
export { Card, Changing, Heading, Problem } from './views/parts';
export { join } from './join';
export { EXTENSION_SECONDS, IDLE_MS, QUEUE_ID, RETURNED, SIGN_IN_URL } from './page';
export { checkPlace } from './waiting/check';
