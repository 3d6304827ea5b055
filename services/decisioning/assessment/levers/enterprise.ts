// Figures of the enterprise that gates and the need of money read.
import { cny, fenOfMoney, sizeClassOf, sizeRules } from '@saidao/values';
import type { Enterprise, Money, Talent, WorkingCapital } from '@saidao/schemas';
import type { Application } from '../figures.ts';
import { figureLever, type FigureLever, type Lever } from './lever.ts';
import { farFen, people, share, yuan } from './units.ts';

const withEnterprise = (application: Application, change: Partial<Enterprise>): Application => ({
  ...application,
  content: {
    ...application.content,
    enterprise: { ...application.content.enterprise, ...change },
  },
});

const fenOrNull = (money: Money | null) => (money === null ? null : fenOfMoney(money));

function moreOf(field: 'equityRaised' | 'nextYearRdBudget', name: FigureLever['name']): Lever {
  return figureLever({
    kind: 'FACTOR',
    subject: `enterprise.${field}`,
    unit: yuan,
    name,
    at: ({ content }) => fenOrNull(content.enterprise[field]),
    end: () => farFen,
    set: (application, to) => withEnterprise(application, { [field]: cny(to) }),
  });
}

/** What lessens the need; own funds and loans that are not known come with the whole formula. */
function lessOf(field: 'ownFunds' | 'existingLoans', name: FigureLever['name']): Lever {
  return figureLever({
    kind: 'FACTOR',
    subject: `enterprise.workingCapital.${field}`,
    unit: yuan,
    name,
    at: ({ content }) => fenOrNull(content.enterprise.workingCapital?.[field] ?? null),
    end: ({ content }) => (content.enterprise.workingCapital === null ? null : 0n),
    set(application, to) {
      const capital = application.content.enterprise.workingCapital as WorkingCapital;
      return withEnterprise(application, { workingCapital: { ...capital, [field]: cny(to) } });
    },
  });
}

/** The last year of which there is revenue: research is judged beside it. */
function lastYear({ content, businessDate }: Application): number | undefined {
  const years = (content.enterprise.revenue ?? [])
    .map(({ year }) => year)
    .filter((year) => year < Number(businessDate.slice(0, 4)));
  return years.length === 0 ? undefined : Math.max(...years);
}

const research = figureLever({
  kind: 'FACTOR',
  subject: 'enterprise.research',
  unit: yuan,
  name: { zh: '上一年度研发投入', en: 'Research spending of the last year' },
  at(application) {
    const year = lastYear(application);
    const rd = application.content.enterprise.rd;
    return fenOrNull(rd?.find((one) => one.year === year)?.amount ?? null);
  },
  end: (application) => (lastYear(application) === undefined ? null : farFen),
  set(application, to) {
    const year = lastYear(application);
    if (year === undefined) return application;
    const others = (application.content.enterprise.rd ?? []).filter((one) => one.year !== year);
    return withEnterprise(application, { rd: [...others, { year, amount: cny(to) }] });
  },
});

/** Of the recognised talents the one who holds most: that one's register entry is the firm's. */
function holderOf({ content }: Application): Talent | undefined {
  const recognised = (content.enterprise.talents ?? []).filter((one) => one.recognised);
  const [first, ...others] = recognised;
  return first && others.reduce((most, one) => (one.holdsPpm > most.holdsPpm ? one : most), first);
}

const talentShare = figureLever({
  kind: 'FACTOR',
  subject: 'enterprise.talentShare',
  unit: share,
  name: { zh: '认定人才持股比例', en: 'Share that a recognised talent holds' },
  at(application) {
    const holder = holderOf(application);
    return holder === undefined ? null : BigInt(holder.holdsPpm);
  },
  end: (application) => (holderOf(application) === undefined ? null : 1_000_000n),
  set(application, to) {
    const holder = holderOf(application);
    const talents = application.content.enterprise.talents;
    return withEnterprise(application, {
      talents:
        talents && talents.map((one) => (one === holder ? { ...one, holdsPpm: Number(to) } : one)),
    });
  },
});

/** The size class by what is declared. */
function sizeOf(application: Application, staff: number | null) {
  const { sector, assets, revenue } = application.content.enterprise;
  const year = lastYear(application);
  const last = revenue?.find((one) => one.year === year)?.amount ?? null;
  return sizeClassOf(sizeRules, {
    sector,
    staff,
    revenueFen: fenOrNull(last),
    assetsFen: fenOrNull(assets),
  });
}

const staff = figureLever({
  kind: 'FACTOR',
  subject: 'enterprise.staff',
  unit: people,
  name: { zh: '从业人数', en: 'People employed' },
  at: ({ content }) =>
    content.enterprise.staff === null ? null : BigInt(content.enterprise.staff),
  end(application) {
    const { staff: declared } = application.content.enterprise;
    const derived = application.score.derived?.sizeClass;
    // By the registry it is of another sector or size, for which people declared say nothing.
    if (derived !== undefined && derived !== sizeOf(application, declared)) return null;
    return declared === null || declared < 2 ? null : 1n;
  },
  set(application, to) {
    const changed = withEnterprise(application, { staff: Number(to) });
    const { score } = changed;
    if (score.derived === null) return changed;
    const derived = { ...score.derived, sizeClass: sizeOf(application, Number(to)) };
    return { ...changed, score: { ...score, derived } };
  },
});

export const enterpriseLevers: readonly Lever[] = [
  moreOf('equityRaised', { zh: '累计股权融资', en: 'Equity raised' }),
  moreOf('nextYearRdBudget', {
    zh: '未来十二个月研发预算',
    en: 'Research budget of the next twelve months',
  }),
  lessOf('ownFunds', { zh: '可用自有资金', en: 'Own funds for working capital' }),
  lessOf('existingLoans', { zh: '现有流动资金贷款', en: 'Working-capital loans there are' }),
  research,
  talentShare,
  staff,
];
