interface TrustedPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): TrustedPolicy;
}

const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;

/** The only workers that this page ever loads. */
const ALLOWED = ['/sw.js', '/ticker.js', '/proof-worker.js'];

const policy = types?.createPolicy('app', {
  createScriptURL: (url) => {
    if (!ALLOWED.includes(url)) throw new TypeError(`not a script of this page: ${url}`);
    return url;
  },
});

/** A script's URL as Trusted Types want it. */
export const scriptUrl = (url: string): string => policy?.createScriptURL(url) ?? url;
