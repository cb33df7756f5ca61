/** Keeps the page itself, so that those who wait see their place also when nothing answers. */
const worker = self as unknown as ServiceWorkerGlobalScope;
declare const SHELL: string[];
declare const VERSION: string;

const CACHE = `concert-${VERSION}`;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(['/', ...SHELL]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

/** The page from the network as long as that answers; what has a hash in its name from the cache. */
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (pathname === '/') event.respondWith(fresh(request));
  else if (SHELL.includes(pathname)) event.respondWith(kept(request));
});

async function fresh(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.status < 500) return response;
  } catch {
    // nothing answers
  }
  return (await caches.match('/', { ignoreSearch: true })) ?? Response.error();
}

const kept = async (request: Request): Promise<Response> => (await caches.match(request)) ?? fetch(request);
