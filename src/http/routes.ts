import { Router } from 'express';
import { MethodNotAllowed } from './errors';

/** A router for which a path is what it says, to the letter: no other case, no slash at its end. */
export const literalRouter = (): Router => Router({ strict: true, caseSensitive: true });

/** Every other method on the paths of the router gets 405. To be called when it has all its routes. */
export function refuseOtherMethods(router: Router): Router {
  const methods = new Map<string, Set<string>>();
  for (const { route } of router.stack) {
    if (route === undefined) continue;
    const allowed = methods.get(route.path) ?? new Set();
    for (const { method } of route.stack) {
      allowed.add(method.toUpperCase());
      if (method === 'get') allowed.add('HEAD');
    }
    methods.set(route.path, allowed);
  }
  for (const [path, allowed] of methods)
    router.all(path, () => {
      throw new MethodNotAllowed([...allowed].join(', '));
    });
  return router;
}
