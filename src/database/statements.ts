/** What a `;` does not end a statement in: a string, a quoted name, a comment. The last alternative is the end. */
const TOKEN =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`]|``)*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*[^]*?\*\/|;/g;

const withoutComments = (sql: string): string =>
  sql.replace(TOKEN, (token) => (/^(--|#|\/\*(?!M?!))/.test(token) ? '' : token));

/**
 * Splits the text of a SQL file into its statements, without the `;` that ends each. Comments inside a statement stay.
 * Bodies of procedures and triggers (`BEGIN … ; … END`) are not understood: migrations have none.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let from = 0;
  const end = (to: number): void => {
    const statement = sql.slice(from, to).trim();
    if (withoutComments(statement).trim() !== '') statements.push(statement);
  };
  for (const token of sql.matchAll(TOKEN)) {
    if (token[0] !== ';') continue;
    end(token.index);
    from = token.index + 1;
  }
  end(sql.length);
  return statements;
}
