import { computed, language } from '../kernel';

const en = {
  title: 'One moment: this device computes its ticket to the line',
  lead: 'It keeps out programs that take places by the thousand. You need not do anything.',
  progress: 'How likely it is to be done by now',
  percent: (percent: number) => `${percent} %`,
  cancel: 'Cancel',
};

const ko: typeof en = {
  title: '잠시만요. 이 기기가 대기열에 서기 위한 계산을 하고 있습니다',
  lead: '수천 개의 자리를 차지하는 프로그램을 막기 위한 것입니다. 하실 일은 없습니다.',
  progress: '지금쯤 끝났을 가능성',
  percent: (percent) => `${percent}%`,
  cancel: '취소',
};

/** The texts of the proof of work in the chosen language. */
export const proofTexts = computed((): typeof en => (language.value === 'ko' ? ko : en));
