// What an event says in a line for a person, and in further lines where it gives reasons.
import type {
  Bundle,
  EventOf,
  LoanTerms,
  Money,
  PatentFinding,
  PledgeRefusal,
  Reason,
} from '@saidao/schemas';
import { fenOfMoney, formatPercent, formatYuan } from '@saidao/values';

/** One line; names in Chinese come last, since they upset columns. */
export function summaryOf(event: EventOf): string {
  switch (event.type) {
    case 'ApplicationSubmitted':
    case 'AmendmentSubmitted':
      return askedFor(event.data.productId, event.data.request);
    case 'WithdrawalSubmitted':
    case 'OfferDeclineSubmitted':
    case 'ApplicationWithdrawn':
    case 'OfferDeclined':
      return event.data.reason;
    case 'OfferAcceptanceSubmitted':
    case 'OfferAccepted':
      return '';
    case 'ApplicationReceived':
    case 'ApplicationAmended': {
      const { content, revision } = event.data;
      const asked = askedFor(content.productId, content.request);
      return listed([asked, revision > 1 && `revision ${revision}`, content.enterprise.name]);
    }
    case 'SubmissionRejected': {
      const { code, submission, faults } = event.data;
      return listed([`${submission} ${code}`, counted(faults.length, 'fault')]);
    }
    case 'EnterpriseChecked': {
      const { guarantee } = event.data;
      if (guarantee === null) return 'no guarantee offered';
      const { sharePpm, result, institution } = guarantee;
      return `guarantee of ${formatPercent(sharePpm)} ${spoken(result)}, ${institution}`;
    }
    case 'PatentsVerified':
      return bundleText(event.data.bundle);
    case 'PledgeLocked': {
      const { patents, refused } = event.data;
      return listed([`${counted(patents.length, 'patent')} locked`, ...refused.map(refusalText)]);
    }
    case 'PledgeRefused': {
      const { stage, refused } = event.data;
      return listed([`at the ${spoken(stage)}`, ...refused.map(refusalText)]);
    }
    case 'PledgeRegistered': {
      const { registrationNumber, patents } = event.data;
      return `${registrationNumber}, ${counted(patents.length, 'patent')}`;
    }
    case 'PledgeConfirmed': {
      const { patents, validUntil } = event.data;
      const until = new Date(Number(validUntil)).toISOString();
      return `${counted(patents.length, 'patent')}, until ${until}`;
    }
    case 'CollateralChanged':
      return listed(
        event.data.changes.map(
          ({ number, ground, result, reason }) =>
            `${number} ${ground} ${spoken(result)}: ${reason}`,
        ),
      );
    case 'PledgeReleased': {
      const { patents, cause } = event.data;
      return `${counted(patents.length, 'patent')} free again: ${cause}`;
    }
    case 'EnterpriseScored': {
      const { grade, points, maxPoints, coveragePpm } = event.data;
      const scored = `${hundredths(points)} of ${hundredths(maxPoints)} points`;
      return `grade ${grade}, ${scored}, ${formatPercent(coveragePpm)} of the data there`;
    }
    case 'ShadowScored': {
      const { modelId, modelVersion, outcome, points, grade, detail } = event.data;
      const said = points === null ? detail : `${hundredths(points)} of 100 points`;
      return listed([`${modelId}@${modelVersion} ${outcome}`, grade && `grade ${grade}`, said]);
    }
    case 'ReviewSubmitted': {
      const { officer, verdict, reason, reasonCode } = event.data;
      return listed([`${officer} ${spoken(verdict)}s`, reasonCode, reason]);
    }
    case 'ReviewClaimed':
      return event.data.officer;
    case 'ReviewReturned':
      return listed([event.data.officer, event.data.reason]);
    case 'ReviewReassigned':
      return listed([`${event.data.officer} to ${event.data.to}`, event.data.reason]);
    case 'ReviewAmended': {
      const { officer, amount, termMonths, reasonCode, reason } = event.data;
      const terms = `${yuanText(amount)} over ${counted(termMonths, 'month')}`;
      return listed([`${officer} proposes ${terms}`, reasonCode, reason]);
    }
    case 'ReviewNoted': {
      const { officer, text, attachments } = event.data;
      const more = attachments.length > 0 && counted(attachments.length, 'attachment');
      return listed([officer, text, more]);
    }
    case 'UndoRequested': {
      const { officer, reasonCode, reason } = event.data;
      return listed([officer, reasonCode, reason]);
    }
    case 'ReviewRecorded': {
      const { action, officer, approvers, overrideCode } = event.data;
      const by = approvers.length > 0 && `approved by ${approvers.join(' and ')}`;
      return listed([
        spoken(action).replaceAll('_', ' '),
        officer,
        by,
        overrideCode && `override ${overrideCode}`,
      ]);
    }
    case 'ReviewRefused': {
      const { officer, cause, en } = event.data;
      return `${officer}, ${cause}: ${en}`;
    }
    case 'LoanApproved': {
      const { terms, approvers, basis } = event.data;
      const by = approvers.length === 0 ? 'by policy' : `by ${approvers.join(' and ')}`;
      return listed([termsText(terms), by, bindingText(basis.limits)]);
    }
    case 'LoanReferred': {
      const { basis } = event.data;
      const proposed =
        basis.proposedLimit === null ? null : `proposed ${yuanText(basis.proposedLimit)}`;
      return listed(['officers decide', proposed, bindingText(basis.limits)]);
    }
    case 'LoanDeclined': {
      const { decidedBy } = event.data;
      return decidedBy.length === 0 ? 'by policy' : `by ${decidedBy.join(' and ')}`;
    }
    case 'OfferExpired':
      return 'nobody accepted in time';
    case 'DisbursementAuthorised':
      return `${yuanText(event.data.terms.amount)} on ${event.data.businessDate}`;
    case 'CancellationRequested':
    case 'ApprovalUndone':
    case 'ApplicationClosed':
    case 'PayoutFailed':
    case 'PayoutRejected':
    case 'AuthorisationCancelled':
    case 'CancellationRefused':
    case 'LoanUnpaidCleared':
      return event.data.cause;
    case 'LimitReleased':
      return `${yuanText(event.data.amount)}, ${event.data.cause}`;
    case 'LoanUnpaid':
      return `${yuanText(event.data.unpaid)} of ${counted(event.data.payouts.length, 'payout', 'payouts')}`;
    case 'LatestDecision': {
      const { status, amount, sequence } = event.data;
      return listed([status, amount && yuanText(amount), `after decision ${sequence}`]);
    }
    case 'LoanBooked': {
      const { principal, bookedOn, maturesOn, undrawn } = event.data;
      const left = undrawn && `${yuanText(undrawn)} to be drawn later`;
      return listed([yuanText(principal), `from ${bookedOn} to ${maturesOn}`, left]);
    }
    case 'PayoutInstructed': {
      const { amount, payee, entrusted } = event.data;
      return listed([yuanText(amount), entrusted && 'entrusted', `to ${payee}`]);
    }
    case 'LoanDisbursed':
      return yuanText(event.data.amount);
    case 'PayoutConfirmed':
      return `${yuanText(event.data.amount)}, ${event.data.railReference}`;
    case 'PayoutUnknown':
      return `no answer after ${counted(event.data.attempts, 'try', 'tries')}`;
    case 'TimerDue':
      return `${event.data.name}, due ${new Date(Number(event.data.dueAt)).toISOString()}`;
    case 'ReplayRequested': {
      const { action, topic, partition, offset, actor, reason } = event.data;
      return `${action} of ${topic}/${partition}/${offset} by ${actor}: ${reason}`;
    }
    // A worker may be added without a word here.
    default:
      return '';
  }
}

/** Reasons and grounds, a line each, in both languages where there are two. */
export function detailsOf(event: EventOf): string[] {
  switch (event.type) {
    case 'LoanApproved':
    case 'LoanReferred':
    case 'LoanDeclined':
      return event.data.reasons.map(reasonText);
    case 'PatentsVerified':
      return event.data.bundle.findings.flatMap(groundLines);
    case 'SubmissionRejected':
      return event.data.faults.map(({ path, message }) => `${path} ${message}`.trim());
    default:
      return [];
  }
}

/** Yuan with thousands parted: `100,000,000.00 yuan`. */
export function yuanText(money: Money): string {
  const [whole = '', rest] = formatYuan(fenOfMoney(money)).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${rest} yuan`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function askedFor(
  productId: string,
  request: { readonly amount: Money; readonly termMonths: number },
): string {
  return `${productId}, ${yuanText(request.amount)} over ${counted(request.termMonths, 'month')}`;
}

/** Grounds of one patent with the same finding and reason share a line. */
function groundLines({ number, grounds }: PatentFinding): string[] {
  const codes = new Map<string, string[]>();
  for (const { code, result, reason } of grounds) {
    if (result === 'CLEAR') continue;
    const says = `${spoken(result)}: ${reason}`;
    codes.set(says, [...(codes.get(says) ?? []), code]);
  }
  return Array.from(codes, ([says, which]) => `${number} ${which.join(' ')} ${says}`);
}

function bundleText({ findings, usable, lendingValue }: Bundle): string {
  if (findings.length === 0) return 'no patents offered';
  const usableText = `${usable.length} of ${counted(findings.length, 'patent')} usable`;
  return listed([usableText, lendingValue && `worth ${yuanText(lendingValue)}`]);
}

function termsText({ amount, ratePpm, termMonths }: LoanTerms): string {
  return `${yuanText(amount)} at ${formatPercent(ratePpm)} over ${counted(termMonths, 'month')}`;
}

function bindingText(limits: readonly { readonly name: string; readonly binding: boolean }[]) {
  const binding = limits.find((limit) => limit.binding);
  return binding === undefined ? null : `bound by ${binding.name}`;
}

function reasonText({ code, zh, en, detail }: Reason): string {
  return [`${code} ${en} / ${zh}`, detail].filter(Boolean).join(': ');
}

function refusalText({ number, ground }: PledgeRefusal): string {
  return `${number} refused for ${ground}`;
}

function hundredths(points: number): string {
  return (points / 100).toFixed(2);
}

function spoken(word: string): string {
  return word.toLowerCase();
}

function listed(parts: readonly (string | null | false | undefined)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join(', ');
}
