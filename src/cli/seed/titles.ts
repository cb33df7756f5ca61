const TITLES = [
  'Midnight Over the Han River',
  'Paper Lanterns Orchestra',
  'The Last Subway Home',
  'Neon Persimmon',
  'A Hundred Drums for Spring',
  'Velvet Thunder',
  'Songs the Lighthouse Knew',
  'Tidal Choir: Low Water, High Notes',
  'The Unreasonable Cellos',
  'Snow on Jirisan',
  'Electric Haenyeo',
  'Moonlight Sonata for Two Taxis',
  'Kites and Kettledrums',
  'The Slow Train to Busan',
  'Gayageum After Dark',
  'Applause for the Rain',
  'Eleven Encores',
  'The Rooftop Philharmonic',
  'Magpie Parade',
  'A Very Loud Silence',
  'Ginkgo Street Brass Band',
  'Letters from Platform Nine',
  'The Clockmaker’s Waltz',
  'Fireflies in Stereo',
  'Red Umbrella Blues',
  'Tigers Who Tango',
  'Sunrise at Track Seven',
  'The Barefoot Quartet',
  'One Hundred Pianos',
  'Ferris Wheel Serenade',
  'Salt, Smoke and Saxophones',
  'The Understudy Sings',
  'Northern Lights, Southern Voices',
  'Teahouse Rock and Roll',
  'The Invisible Drummer',
  'Goodnight, Gangnam',
];

/** The title of the n-th concert (from 1): always the same; numbered when the names run out. */
export function titleOf(n: number): string {
  const round = Math.ceil(n / TITLES.length);
  const name = TITLES[(n - 1) % TITLES.length] ?? '';
  return round === 1 ? name : `${name} ${round}`;
}
