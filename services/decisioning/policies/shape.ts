// The shape of a policy's documents: each field that is missing, of another type, or unknown.
import {
  amount,
  amountOrNought,
  count,
  decimal,
  faultsOfShape,
  integer,
  oneOf,
  share,
  text,
  type Leaf,
  type Shape,
} from '@saidao/register/shape';
import { repaymentPlans } from '@saidao/values';
import type { TableDocument } from '../adapters/zen-tables.ts';
import type { PolicyDocument } from './document.ts';

const PRODUCT_ID = /^[A-Z][A-Z0-9_]{1,39}$/;
const USCC = /^[0-9A-Z]{18}$/;

const matches =
  (form: RegExp, what: string): Leaf =>
  (value) =>
    typeof value === 'string' && form.test(value) ? undefined : `has to be ${what}`;

const texts: Shape = { only: { zh: text, en: text } };

const rules: Shape = {
  only: {
    source: text,
    entrusted: { only: { amountYuan: amount, operator: oneOf('>', '>=') } },
    exposurePerGroupYuan: amount,
    purposesBarred: { only: { source: text, purposes: { each: text } } },
    relatedParties: {
      only: { source: text, usccs: { each: matches(USCC, 'a credit code of 18 characters') } },
    },
    yearsOldMax: count,
    reasonsMax: count,
    grades: { some: text },
    claimMinutes: count,
  },
};

export const manifestShape: Shape = {
  only: {
    lenderId: text,
    version: count,
    source: text,
    products: { some: text },
    tables: { byName: text },
    reasons: text,
    rules,
  },
};

const pledge = { rates: { byName: share }, lifeBeyondTermMonths: count };
const kind = text;

const productShape: Shape = {
  only: {
    id: matches(PRODUCT_ID, 'capital letters, digits and _'),
    lenderId: text,
    version: count,
    name: texts,
    source: text,
    amount: { only: { leastYuan: amount, mostYuan: amount } },
    termMonths: { only: { least: count, most: count } },
    repayments: { some: oneOf(...repaymentPlans) },
    sizes: { some: oneOf('micro', 'small', 'medium', 'large') },
    coverageAtLeast: share,
    gradeAtLeast: { orNull: text },
    declineFromGrade: { orNull: text },
    need: {
      kinds: {
        'working-capital': { only: { kind } },
        'talent-band': { only: { kind } },
        'research-budget': { only: { kind, share } },
      },
    },
    security: {
      kinds: {
        none: { only: { kind } },
        pledge: { only: { kind, ...pledge } },
        mixed: { only: { kind, ...pledge, unsecuredMostYuan: amount } },
        guarantee: { only: { kind, shareAtLeast: share, uncoveredMostYuan: amount } },
        'risk-pool': {
          only: {
            kind,
            tiers: {
              some: { only: { share, revenueMostYuan: { orNull: amount }, loanMostYuan: amount } },
            },
            uncoveredMostYuan: amount,
          },
        },
      },
    },
    talent: { orNull: { only: { holdsAtLeast: share, grades: { some: text } } } },
    research: { orNull: { only: { intensityAtLeast: decimal, equityAtLeastYuan: amount } } },
    // Of nothing: policy approves none alone, or no officer of a tier does.
    authority: {
      only: {
        policyUpToYuan: amountOrNought,
        officerUpToYuan: amountOrNought,
        seniorOfficerUpToYuan: amountOrNought,
      },
    },
    price: {
      only: {
        lprBetween: oneOf('1Y', '5Y'),
        addOnBp: integer,
        leastAddOnBp: integer,
        mostAddOnBp: integer,
      },
    },
    offerValidityDays: count,
  },
};

const reasonsShape: Shape = {
  only: {
    source: text,
    factors: { byName: text },
    reasons: { byName: texts },
    overrideCodes: { byName: texts },
  },
};

const columns: Shape = { some: { of: { id: text, field: text } } };
const cell: Leaf = (value) => (typeof value === 'string' ? undefined : 'has to be a text');

/** What other nodes a table's document has, compiling says. */
const nodesShape: Shape = { of: { nodes: { some: { of: { id: text, type: text } } } } };
const tableShape: Shape = {
  of: { hitPolicy: text, inputs: columns, outputs: columns, rules: { some: { byName: cell } } },
};

function faultsOfTable(table: TableDocument): string[] {
  const faults = faultsOfShape('a table', table, nodesShape);
  const node = faults.length > 0 ? undefined : table.nodes.find(isTable);
  return node === undefined ? faults : faultsOfShape('its table', node.content, tableShape);
}

const isTable = ({ type }: { readonly type: string }): boolean => type === 'decisionTableNode';

/** Every place of the documents that cannot be so; none: they can be read as what they are. */
export function faultsOfShapes({ manifest, products, tables, reasons }: PolicyDocument): string[] {
  return [
    ...faultsOfShape('the manifest', manifest, manifestShape),
    ...products.flatMap((product) =>
      faultsOfShape('a product', product, productShape).map((fault) => `${named(product)}${fault}`),
    ),
    ...Object.entries(tables).flatMap(([name, table]) =>
      faultsOfTable(table).map((fault) => `${name}: ${fault}`),
    ),
    ...faultsOfShape('the reasons', reasons, reasonsShape),
  ];
}

/** A product is called by its id, if it has one. */
function named(product: unknown): string {
  const id = (product as { readonly id?: unknown } | null)?.id;
  return typeof id === 'string' ? `${id}: ` : '';
}
