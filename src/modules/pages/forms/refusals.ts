const en = {
  '002': 'This date is sold out.',
  '004': 'Somebody was faster: one of these seats is taken.',
  '005': 'Your balance is too small: top it up first.',
  SEAT_LIMIT: 'That would be more seats of this date than one buyer may have.',
  NOT_ON_SALE: 'This date is not on sale now.',
  HOLD_ENDED: 'The seats are not held any more: choose them again.',
  ALREADY_EXTENDED: 'You had more time already: that is given once.',
  NO_ADJACENT_SEATS: 'There are not as many free seats next to each other: take fewer, or choose seats.',
  UNDER_WAY:
    'This form was sent before, and its answer is not there yet. Wait a moment, then look at what became of it.',
  '400': 'Something in the form is missing or wrong. Go back and fill it in again.',
  '403': 'This form is too old, or it was not sent from this site. Go back and send it again.',
  '404': 'This does not exist.',
  '409': 'This is not possible any more.',
  '413': 'The form is too large.',
  '422': 'This form was sent before with other entries. Open the page again, then send it.',
  '429': 'Too many requests from here. Wait a moment, then send it again.',
  '503': 'Many people want something at once. Wait a moment, then send it again.',
  other: 'Something went wrong on our side. Wait a moment, then look at what became of it.',
};

type Refusals = typeof en;

const ko: Refusals = {
  '002': '이 날짜는 매진되었습니다.',
  '004': '다른 분이 먼저 선택했습니다. 고른 좌석 중 하나가 이미 찼습니다.',
  '005': '잔액이 부족합니다. 먼저 충전해 주세요.',
  SEAT_LIMIT: '이 날짜에 한 분이 살 수 있는 좌석 수를 넘습니다.',
  NOT_ON_SALE: '이 날짜는 지금 판매하지 않습니다.',
  HOLD_ENDED: '좌석을 더 이상 잡고 있지 않습니다. 다시 골라 주세요.',
  ALREADY_EXTENDED: '시간은 한 번만 늘릴 수 있고, 이미 늘렸습니다.',
  NO_ADJACENT_SEATS: '그만큼 나란히 붙은 빈 좌석이 없습니다. 매수를 줄이거나 좌석을 직접 골라 주세요.',
  UNDER_WAY: '이미 보낸 양식을 처리하고 있습니다. 잠시 후 어떻게 되었는지 확인해 주세요.',
  '400': '양식에 빠졌거나 잘못된 내용이 있습니다. 돌아가서 다시 입력해 주세요.',
  '403': '양식이 너무 오래되었거나 이 사이트에서 보낸 것이 아닙니다. 돌아가서 다시 보내 주세요.',
  '404': '존재하지 않습니다.',
  '409': '더 이상 할 수 없습니다.',
  '413': '양식이 너무 큽니다.',
  '422': '이 양식은 다른 내용으로 이미 보냈습니다. 페이지를 다시 연 다음 보내 주세요.',
  '429': '요청이 너무 많습니다. 잠시 후 다시 보내 주세요.',
  '503': '많은 분이 한꺼번에 이용하고 있습니다. 잠시 후 다시 보내 주세요.',
  other: '문제가 생겼습니다. 잠시 후 어떻게 되었는지 확인해 주세요.',
};

/** Text for an error's code (api.md), or for its status if the code has no text. */
export function refusalText(lang: 'en' | 'ko', code: string, status: number): string {
  const texts: Partial<Record<string, string>> & Refusals = lang === 'ko' ? ko : en;
  return texts[code] ?? texts[String(status)] ?? (status < 500 ? texts['400'] : texts.other);
}
