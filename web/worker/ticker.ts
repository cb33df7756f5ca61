/** A worker that only counts time: the timers of hidden pages are slowed down to one a minute, those of workers are not. */
const EVERY_MS = 1000;

setInterval(() => {
  postMessage(0);
}, EVERY_MS);
