// Who an applicant is: name, credit code, patents and persons that no other place of any seed has.
import {
  addDays,
  patentNumberWithCheck,
  residentIdWithCheck,
  usccWithChecks,
  type PatentKind,
} from '@saidao/values';

/** Places of one run. */
export const COUNT_MAX = 100_000;
/** Above this the patents of two runs would be the same. */
export const SEED_MAX = 799;

const INVENTIONS_MAX = 3;
const OTHERS_MAX = 2;

export interface Patent {
  readonly number: string;
  readonly kind: PatentKind;
  readonly year: number;
}

export interface Trade {
  /** Stands in the enterprise's name. */
  readonly word: string;
  /** As channels write it: what it does and the class of GB/T 4754. */
  readonly industry: string;
  readonly sector: 'industry' | 'software' | 'other';
  /** What its patents are about. */
  readonly ipc: readonly string[];
}

/** Invented: no place has the division that the number begins with. */
export interface Person {
  readonly name: string;
  readonly idNumber: string;
}

export interface Identity {
  readonly city: string;
  readonly name: string;
  readonly uscc: string;
  readonly trade: Trade;
  invention(at: number): Patent;
  /** A utility model. */
  utilityModel(at: number): Patent;
  /** Who runs it, and of every third who owns a part beside. */
  readonly persons: readonly [Person, Person?];
  /** Some belong to a group of two; null: it belongs to none. */
  readonly groupHead: string | null;
}

const CITIES: readonly (readonly [name: string, region: string])[] = [
  ['杭州', '330106'],
  ['余杭', '330110'],
  ['宁波', '330203'],
  ['慈溪', '330282'],
  ['温州', '330302'],
  ['乐清', '330382'],
  ['嘉兴', '330402'],
  ['桐乡', '330483'],
  ['湖州', '330502'],
  ['德清', '330521'],
  ['绍兴', '330602'],
  ['诸暨', '330681'],
  ['金华', '330702'],
  ['义乌', '330782'],
  ['衢州', '330802'],
  ['台州', '331002'],
];

const trade = (word: string, industry: string, sector: Trade['sector'], ipc: string): Trade => ({
  word,
  industry,
  sector,
  ipc: [ipc],
});

const TRADES: readonly Trade[] = [
  trade('传感科技', 'sensors (C3983)', 'industry', 'G01D5/12'),
  trade('智能装备', 'special equipment (C3569)', 'industry', 'B65G47/90'),
  trade('新材料科技', 'advanced polymers (C2651)', 'industry', 'C08L67/02'),
  trade('半导体', 'discrete semiconductors (C3972)', 'industry', 'H01L29/78'),
  trade('生物医药', 'biological medicines (C2761)', 'industry', 'A61K39/395'),
  trade('新能源科技', 'lithium-ion batteries (C3841)', 'industry', 'H01M10/0525'),
  trade('机器人', 'industrial robots (C3491)', 'industry', 'B25J9/16'),
  trade('光电科技', 'optoelectronic devices (C3976)', 'industry', 'G02B6/12'),
  trade('医疗器械', 'medical instruments (C3581)', 'industry', 'A61B5/02'),
  trade('软件', 'application software (I6513)', 'software', 'G06F9/50'),
  trade('信息技术', 'data services (I6550)', 'software', 'G06F16/21'),
  trade('检测技术', 'testing services (M7450)', 'other', 'G01N21/88'),
];

// Characters as they stand in names of such firms; a name takes three.
const SYLLABLES = [
  ...'恒瑞晶锐芯微智睿博远华正中天海宏达信诚泰康德明新科创力源通宇航星辰光电子云联网数码图',
  ...'灵巧精密纳米元极超越卓优佳美凯旋腾飞翔龙凤麒麟鼎盛昌隆兴旺金玉银河江山川林森木禾谷丰润泽清澜',
];

const ORG_SPACE = 31 ** 7;
const ORG_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const NAME_SPACE = CITIES.length * SYLLABLES.length ** 3 * TRADES.length;
const INVENTION_YEARS = { first: 2012, count: 14 };
const OTHER_YEARS = { first: 2018, count: 8 };
const SERIALS = 10_000_000;

// Each has no factor in common with its space, so that multiplying only shuffles it.
const ORG_FACTOR = 7_919_000_011n;
const NAME_FACTOR = 61_803_403n;
const PATENT_FACTOR = 98_765_431n;

/** Of each so many places the first two are a group, whose head is the first. */
const GROUP_OF = 40;

export function identityAt(seed: number, index: number): Identity {
  const place = seed * COUNT_MAX + index;
  let rest = shuffled(place, NAME_FACTOR, NAME_SPACE);
  const take = <T>(from: readonly T[]): T => {
    const found = from[rest % from.length];
    rest = Math.floor(rest / from.length);
    if (found === undefined) throw new RangeError(`no name for place ${place}`);
    return found;
  };
  const [city, region] = take(CITIES);
  const trade = take(TRADES);
  const brand = take(SYLLABLES) + take(SYLLABLES) + take(SYLLABLES);
  return {
    city,
    name: `${city}${brand}${trade.word}有限公司`,
    uscc: usccWithChecks(`91${region}M${organisation(place)}`),
    persons:
      place % 3 === 0
        ? [personAt(place, '33019'), personAt(place, '33029')]
        : [personAt(place, '33019')],
    get groupHead() {
      const placeInGroup = index % GROUP_OF;
      if (placeInGroup > 1) return null;
      return placeInGroup === 0 ? this.uscc : identityAt(seed, index - 1).uscc;
    },
    trade,
    invention: (at) =>
      patentAt('invention', place * INVENTIONS_MAX + within(at, INVENTIONS_MAX), INVENTION_YEARS),
    utilityModel: (at) =>
      patentAt('utility-model', place * OTHERS_MAX + within(at, OTHERS_MAX), OTHER_YEARS),
  };
}

/** The same code with another last character: nearly right, as typing errors are. */
export function withBadCheck(uscc: string): string {
  const check = ORG_ALPHABET.indexOf(uscc.charAt(17));
  return `${uscc.slice(0, 17)}${ORG_ALPHABET.charAt((check + 1) % ORG_ALPHABET.length)}`;
}

/** Seven characters; with the M before them they stand where new organisations' codes do. */
function organisation(place: number): string {
  let rest = shuffled(place, ORG_FACTOR, ORG_SPACE);
  let text = '';
  for (let at = 0; at < 7; at += 1) {
    text = ORG_ALPHABET.charAt(rest % ORG_ALPHABET.length) + text;
    rest = Math.floor(rest / ORG_ALPHABET.length);
  }
  return text;
}

const SURNAMES = [...'王李张陈沈周吴徐俞钱'];
const BIRTHDAYS = 14_000;
const SERIALS_OF_PERSONS = 1_000;
const DIVISIONS = 10;
const PERSON_FACTOR = 49_979_687n;

/** The tens of these divisions from 0 to 9 are given to no place; GB/T 2260, knowledge. */
function personAt(place: number, division: '33019' | '33029'): Person {
  let rest = shuffled(place, PERSON_FACTOR, DIVISIONS * BIRTHDAYS * SERIALS_OF_PERSONS);
  const take = (count: number): number => {
    const found = rest % count;
    rest = Math.floor(rest / count);
    return found;
  };
  const last = take(DIVISIONS);
  const birthday = addDays('1956-01-01', take(BIRTHDAYS)).replaceAll('-', '');
  const serial = String(take(SERIALS_OF_PERSONS)).padStart(3, '0');
  const given = SYLLABLES[(place * 7) % SYLLABLES.length];
  const surname = SURNAMES[(place + Number(division)) % SURNAMES.length];
  return {
    name: `${surname}例${given}`,
    idNumber: residentIdWithCheck(`${division}${last}${birthday}${serial}`),
  };
}

function patentAt(
  kind: 'invention' | 'utility-model',
  place: number,
  years: { readonly first: number; readonly count: number },
): Patent {
  // Every year has two types of each: national applications, and international ones.
  const types = kind === 'invention' ? '18' : '29';
  const space = years.count * types.length * SERIALS;
  const spread = shuffled(place, PATENT_FACTOR, space);
  const year = years.first + (spread % years.count);
  const type = types.charAt(Math.floor(spread / years.count) % types.length);
  const serial = Math.floor(spread / years.count / types.length);
  const digits = `${year}${type}${String(serial).padStart(7, '0')}`;
  return { number: patentNumberWithCheck(digits), kind, year };
}

/** Products beyond 2^53 would lose digits. */
function shuffled(place: number, factor: bigint, space: number): number {
  return Number((BigInt(place) * factor) % BigInt(space));
}

function within(at: number, count: number): number {
  if (at >= 0 && at < count) return at;
  throw new RangeError(`an applicant has at most ${count} patents of a kind, ${at} was asked for`);
}
