import { type IRoute, Router } from 'express';
import { MethodNotAllowed } from './errors';

/** A router for which a path is what it says, to the letter: no other case, no slash at its end. */
export const literalRouter = (): Router => Router({ strict: true, caseSensitive: true });

/** Every other method on the paths of the router gets 405. To be called when it has all its routes. */
export function refuseOtherMethods(router: Router): Router {
  const routesOf = new Map<string, IRoute[]>();
  for (const { route } of router.stack) {
    if (route === undefined) continue;
    routesOf.set(route.path, [...(routesOf.get(route.path) ?? []), route]);
  }
  for (const routes of routesOf.values()) {
    const allowed = routes.flatMap(methodsOf).join(', ');
    // On the last route of the path rather than on a separate one, so that there is one path less to compare with.
    routes.at(-1)?.all(() => {
      throw new MethodNotAllowed(allowed);
    });
  }
  return router;
}

function methodsOf({ stack }: IRoute): string[] {
  const methods = new Set(stack.map(({ method }) => method.toUpperCase()));
  return [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}
