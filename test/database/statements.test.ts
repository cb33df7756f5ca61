import { splitStatements } from '../../src/database/statements';

describe('the statements of a SQL file', () => {
  it.each([
    ['two statements', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ['the last one without its end', 'SELECT 1;\nSELECT 2\n', ['SELECT 1', 'SELECT 2']],
    ['a ; in a string', "SELECT 'a;b'; SELECT 2", ["SELECT 'a;b'", 'SELECT 2']],
    ['a doubled quote', "SELECT 'it''s; fine'; SELECT 2", ["SELECT 'it''s; fine'", 'SELECT 2']],
    ['an escaped quote', "SELECT 'it\\'s; fine'; SELECT 2", ["SELECT 'it\\'s; fine'", 'SELECT 2']],
    ['a ; in double quotes', 'SELECT "a;\\";b"; SELECT 2', ['SELECT "a;\\";b"', 'SELECT 2']],
    ['a ; in a quoted name', 'SELECT 1 AS `a;b`; SELECT 2', ['SELECT 1 AS `a;b`', 'SELECT 2']],
    [
      'a ; in a comment',
      "SELECT 1 -- it's one; really\n; SELECT 2",
      ["SELECT 1 -- it's one; really", 'SELECT 2'],
    ],
    ['a ; in a # comment', 'SELECT 1 # one; two\n; SELECT 2', ['SELECT 1 # one; two', 'SELECT 2']],
    ['a ; in a block comment', "SELECT /* a; 'b */ 1; SELECT 2", ["SELECT /* a; 'b */ 1", 'SELECT 2']],
    ['minus minus without a space is no comment', 'SELECT 1--1; SELECT 2', ['SELECT 1--1', 'SELECT 2']],
    ['a comment mark in a string', "SELECT '-- /* #'; SELECT 2", ["SELECT '-- /* #'", 'SELECT 2']],
    ['nothing but comments', '-- a\n/* b; */ ; # c', []],
    [
      'a comment that the server executes',
      '/*!50000 SELECT 1 */; /*M! SELECT 2 */',
      ['/*!50000 SELECT 1 */', '/*M! SELECT 2 */'],
    ],
    ['nothing', ' ;; \n', []],
  ])('%s', (_what, sql, statements) => {
    expect(splitStatements(sql)).toEqual(statements);
  });
});
