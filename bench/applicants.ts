// The applicants of a run: the samples' cases over and over, each an enterprise of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SubmissionJson } from '@saidao/schemas';
import { checkUscc, parsePatentNumber } from '@saidao/values';
import { PROJECT_ROOT } from './place.ts';

export interface Applicant {
  readonly reference: string;
  readonly submission: SubmissionJson;
  readonly world: {
    readonly register: readonly { readonly number: string }[];
    readonly guarantors: Readonly<Record<string, { readonly confirms: boolean }>>;
  };
  readonly script: readonly { readonly actor: string; readonly does: string }[];
  readonly expect: { readonly outcome: 'paid' | 'referred' };
}

/** Ten applications in turn: the case of each. */
const MIX = [
  'talent-3m',
  'new-quality-8m',
  'innovation-5m',
  'talent-3m',
  'new-quality-8m',
  'smart-lock-ip-pledge',
  'talent-3m',
  'new-quality-8m',
  'innovation-5m',
  'already-pledged',
];

export const BUSINESS_DATE = '2026-11-20';

export function* applicantsOf(count: number): Generator<Applicant> {
  const texts = new Map(
    MIX.map((id) => [id, readFileSync(join(PROJECT_ROOT, 'samples', `${id}.json`), 'utf8')]),
  );
  for (let at = 0; at < count; at += 1) {
    yield applicantOf(texts.get(MIX[at % MIX.length] ?? '') ?? '', at);
  }
}

function applicantOf(text: string, at: number): Applicant {
  const { submission } = JSON.parse(text) as Applicant;
  const { name, uscc } = submission.enterprise;
  let own = text.replaceAll(name, `${name}${at}`).replaceAll(uscc, usccOf(at));
  submission.patents.forEach(({ number }, place) => {
    own = own.replaceAll(number, patentNumberOf(at * 10 + place));
  });
  const applicant = JSON.parse(own) as Applicant;
  const reference = `bench-${at}`;
  return { ...applicant, reference, submission: { ...applicant.submission, reference } };
}

function usccOf(at: number): string {
  let code = `91330402MA${at.toString().padStart(6, '0')}00`;
  for (;;) {
    const checked = checkUscc(code);
    if (checked.ok) return code;
    const expected = checked.expectedCheck ?? '0';
    if (checked.fault === 'check') code = `${code.slice(0, 17)}${expected}`;
    else code = `${code.slice(0, 16)}${expected}${code.slice(17)}`;
  }
}

function patentNumberOf(at: number): string {
  const digits = `20191${at.toString().padStart(7, '0')}`;
  const read = parsePatentNumber(`${digits}.0`);
  if (read.ok) return read.number;
  return `${digits}.${read.fault === 'check' ? read.expectedCheck : '0'}`;
}
