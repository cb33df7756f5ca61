const en = {
  lang: 'en' as 'en' | 'ko',
  title: 'Concert tickets',
  user: 'Your user number',
  enter: 'Join the queue',
  waiting: 'You are waiting',
  position: 'Your position',
  eta: (minutes: number) => `About ${minutes} min`,
  refreshes: 'This page renews itself. Keep it open: your place is kept as long as it is.',
  refresh: 'Renew now',
  concerts: 'It is your turn: choose a concert',
  choose: 'Choose seats',
  none: 'There is nothing on sale at the moment.',
  best: 'Best seats next to each other',
  count: 'How many',
  take: 'Hold them',
  single: 'Or choose seats',
  seat: (position: number, won: string) => `Seat ${position}, ₩${won}`,
  order: 'Your seats are on hold',
  until: (time: string) => `Pay before ${time}, or they are free again.`,
  row: (row: string) => `row ${row}`,
  seatName: (seat: string) => `seat ${seat}`,
  total: 'To pay',
  balance: 'Your balance',
  won: (won: string) => `₩${won}`,
  topUp: (won: string) => `Add ₩${won} to the balance`,
  pay: 'Pay now',
  extend: 'I need more time',
  release: 'Give the seats back',
  done: 'Your session is over',
  expired: 'Your place has expired',
  tickets: 'Your orders',
  ticket: (id: number) => `Order ${id}`,
  statuses: { HELD: 'on hold', PAID: 'paid', CANCELED: 'canceled', EXPIRED: 'not paid in time' },
  olderTickets: 'Older orders',
  laterDates: 'Later dates',
  moreSeats: 'More seats',
  noTickets: 'You have no orders.',
  again: 'Join the queue again',
  back: 'Go on',
  problem: 'That did not work',
  unavailable: 'This does not work without JavaScript here: please switch it on.',
};

export type FormTexts = typeof en;

const ko: FormTexts = {
  lang: 'ko',
  title: '콘서트 예매',
  user: '회원 번호',
  enter: '대기열에 들어가기',
  waiting: '대기 중입니다',
  position: '내 순서',
  eta: (minutes) => `약 ${minutes}분`,
  refreshes: '이 페이지는 자동으로 새로 고쳐집니다. 열어 두시면 순번이 유지됩니다.',
  refresh: '지금 새로 고침',
  concerts: '입장하셨습니다. 공연을 고르세요',
  choose: '좌석 선택',
  none: '지금 판매 중인 공연이 없습니다.',
  best: '나란히 붙은 좋은 좌석',
  count: '매수',
  take: '좌석 잡기',
  single: '또는 좌석을 고르세요',
  seat: (position, won) => `${position}번 좌석, ${won}원`,
  order: '좌석을 잡았습니다',
  until: (time) => `${time}까지 결제하지 않으면 좌석이 풀립니다.`,
  row: (row) => `${row}열`,
  seatName: (seat) => `${seat}번`,
  total: '결제 금액',
  balance: '내 잔액',
  won: (won) => `${won}원`,
  topUp: (won) => `잔액에 ${won}원 충전`,
  pay: '결제하기',
  extend: '시간 연장',
  release: '좌석 반납',
  done: '예매 시간이 끝났습니다',
  expired: '순번이 만료되었습니다',
  tickets: '주문 내역',
  ticket: (id) => `주문 ${id}`,
  statuses: { HELD: '결제 대기', PAID: '결제됨', CANCELED: '취소됨', EXPIRED: '시간 초과' },
  olderTickets: '이전 주문',
  laterDates: '이후 일정',
  moreSeats: '좌석 더 보기',
  noTickets: '주문이 없습니다.',
  again: '대기열에 다시 들어가기',
  back: '계속',
  problem: '처리하지 못했습니다',
  unavailable: '이곳에서는 자바스크립트가 필요합니다. 켜 주세요.',
};

/** A language that there are texts in, and its weight. */
const RANGE = /^(en|ko)(?:-[\w-]*)?(?:\s*;\s*q=([\d.]+))?$/i;

/** The texts in that of the two languages which a browser prefers (RFC 9110, 12.5.4); Korean if it names neither. */
export function formTexts(acceptLanguage = ''): FormTexts {
  let preferred = { texts: ko, weight: 0 };
  for (const range of acceptLanguage.split(',')) {
    const [, language, weight = '1'] = RANGE.exec(range.trim()) ?? [];
    if (language !== undefined && Number(weight) > preferred.weight)
      preferred = { texts: language.toLowerCase() === 'en' ? en : ko, weight: Number(weight) };
  }
  return preferred.texts;
}
