import { differenceOf, type Look, pack, unpack } from '../../lab/pages/looks/cells';

/** Grey, but for the given colours by their place. */
const look = (width: number, height: number, others: Record<number, number> = {}): Look => {
  const colours = new Uint8Array(3 * width * height).fill(7);
  for (const [at, colour] of Object.entries(others)) colours[Number(at)] = colour;
  return { width, colours };
};

describe('the comparison of looks', () => {
  const before = look(10, 5);

  it('finds nothing in what was packed and unpacked, nor in a colour that is one step off', () => {
    expect(differenceOf(before, unpack(pack(before)))).toBeUndefined();
    expect(differenceOf(before, look(10, 5, { 12: 8, 50: 6 }))).toBeUndefined();
  });

  it('finds a colour of a cell that is two steps off, and says where', () => {
    const green = 3 * (2 * 10 + 4) + 1; // the third row, the fifth cell
    expect(differenceOf(before, look(10, 5, { [green]: 9 }))).toEqual({ share: 0.02, box: [64, 32, 80, 48] });
    const both = look(10, 5, { [green]: 9, 0: 5 });
    expect(differenceOf(before, both)).toEqual({ share: 0.04, box: [0, 0, 80, 48] });
  });

  it('counts what only one of them has', () => {
    const taller = { share: 1 / 6, box: [0, 80, 160, 96] };
    expect(differenceOf(before, look(10, 6))).toEqual(taller);
    expect(differenceOf(look(10, 6), before)).toEqual(taller);
  });
});
