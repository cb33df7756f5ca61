import { lines, Reason, text } from '../../src/http/fields';

const HAN = '\ud55c'; // 한, composed
const HAN_IN_PARTS = HAN.normalize('NFD');

describe('text that is stored', () => {
  it('is composed, so that the same name in two ways is one', () => {
    expect(HAN_IN_PARTS).not.toBe(HAN);
    expect(text(10).parse(` ${HAN_IN_PARTS}석 `)).toBe(`${HAN}석`);
    expect(text(2).parse('e\u0301\u00c5')).toBe('é\u00c5'); // its length counts when it is composed
    expect(lines(20).parse(`${HAN_IN_PARTS}\n`)).toBe(`${HAN}\n`);
  });

  it.each(['🎸 Été', '👩‍👩‍👧‍👦', '\u200fשלום\u200f', '<b>&amp;"\'', "'; DROP TABLE concert; --", '𝕏'.repeat(5)])(
    'is kept as it was written: %s',
    (written) => {
      expect([text(40).parse(written), lines(40).parse(written)]).toEqual([written, written]);
    },
  );

  it.each(['a\0b', 'a\u0007', '\ud800', 'a\udc00b', '\u009b31m', '\u001b[2J', '\u202etickets', '\u2067a'])(
    'has nothing that a store, a terminal or a reader would see otherwise: %j',
    (written) => {
      for (const field of [text(40), lines(40), Reason])
        expect(field.safeParse(written).error?.issues[0]?.message).toMatch(/^expected text without /);
    },
  );

  it.each(['\u200b', '\u2060\u200d', '\u00ad', '\u3164', '\u115f \u1160', '\ufe0f', '\u2800', '\u{e0001}'])(
    'can be seen: %j',
    (written) => {
      for (const field of [text(40), Reason])
        expect(field.safeParse(written).error?.issues[0]?.message).toBe('expected text that can be seen');
      expect(text(40).parse(`R${written}R`)).toBe(`R${written}R`);
    },
  );

  it('has lines only where it may be long', () => {
    for (const separator of ['\n', '\u2028', '\u2029'])
      expect(text(40).safeParse(`a${separator}b`).success).toBe(false);
    expect(Reason.parse(' first\r\n\tsecond\n')).toBe('first\r\n\tsecond');
    expect(Reason.safeParse(' \n').success).toBe(false);
    expect(lines(40).parse('')).toBe('');
  });
});
