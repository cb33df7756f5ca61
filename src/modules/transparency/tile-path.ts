import { TILE_WIDTH } from '../../common/merkle/hash';

/** What a path below `/tile/` names (C2SP tlog-tiles). */
export interface TileName {
  /** 'entries': an entry bundle. */
  level: number | 'entries';
  index: number;
  width: number;
}

const LEVEL = /^(?:entries|[0-5])$/;
const INDEX = /^(?:x\d{3}\/)*\d{3}$/;
const WIDTH = /^[1-9]\d{0,2}$/;

/** Reads `<level>/<index>[.p/<width>]`; undefined: it is not well-formed. */
export function readTilePath(path: string): TileName | undefined {
  const [name = '', partial, ...rest] = path.split('.p/');
  const slash = name.indexOf('/');
  const [level, index] = [name.slice(0, slash), name.slice(slash + 1)];
  if (rest.length > 0 || path.length > 64 || !LEVEL.test(level) || !INDEX.test(index)) return undefined;
  if (index.startsWith('x000/')) return undefined; // one name for one tile
  if (partial !== undefined && (!WIDTH.test(partial) || Number(partial) >= TILE_WIDTH)) return undefined;
  return {
    level: level === 'entries' ? level : Number(level),
    index: Number(index.replace(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
}
