/** A name as it stands in a statement. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** An account as it stands in a statement, from `user@host` as CURRENT_USER() writes it. */
export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@');
  return `${quoteName(account.slice(0, at))}@${quoteName(account.slice(at + 1))}`;
}
