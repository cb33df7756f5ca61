import { integer } from '../field';
import { publicKey, text, webUrl } from '../text-field';

/** Whether a token needs an assertion of the shop. */
export const hasIdentity = (config: {
  TOKEN_IDENTITY_JWKS_URL: string;
  TOKEN_IDENTITY_PUBLIC_KEY: string;
}): boolean => config.TOKEN_IDENTITY_JWKS_URL !== '' || config.TOKEN_IDENTITY_PUBLIC_KEY !== '';

/** Identity of users: asserted by the shop or, without these variables, claimed by the client. */
export const identityFields = {
  TOKEN_IDENTITY_JWKS_URL: webUrl({
    about:
      'Where the shop publishes the keys of its assertions (JWKS): then a token needs one; empty, and no TOKEN_IDENTITY_PUBLIC_KEY: any client may name any user',
  }),
  TOKEN_IDENTITY_PUBLIC_KEY: publicKey({
    about: 'Instead of TOKEN_IDENTITY_JWKS_URL: the one public key, PEM; line breaks may be written \\n',
  }),
  TOKEN_IDENTITY_ISSUER: text({
    default: '',
    about: 'The shop: `iss` of its assertions, and with `sub` the name of a user',
    check: (value) => (value.length > 255 ? 'must have at most 255 characters' : undefined),
  }),
  TOKEN_IDENTITY_AUDIENCE: text({
    default: '',
    about: 'This product: `aud` of the assertions that are meant for it',
  }),
  TOKEN_IDENTITY_SIGN_IN_URL: webUrl({
    about:
      'Where the buyer’s page sends users to sign in: the shop sends them back with an assertion; empty: without the shop’s keys the page has the sign-in of the demonstration, with them it leads back to the shop',
  }),
  TOKEN_IDENTITY_MAX_AGE_SECONDS: integer({
    min: 1,
    max: 86_400,
    default: 300,
    unit: 's',
    about: 'How long an assertion may be used after its `iat`, if its `exp` is not earlier',
  }),
  TOKEN_IDENTITY_CLOCK_TOLERANCE_SECONDS: integer({
    min: 0,
    max: 300,
    default: 5,
    unit: 's',
    about: 'How far the clocks of the shop and of Redis may differ',
  }),
};
