// What the pledge line says: which patents are locked for the application, refused or let go.
import type { Incoming } from '@saidao/worker';
import type { Draft } from '../draft.ts';
import { judge, judgeAgain } from './judging.ts';

type Answered = Incoming<'PledgeLocked'> | Incoming<'PledgeRefused'>;

export function onPledge(draft: Draft, event: Answered): void {
  takePledge(draft, event);
  judge(draft);
}

/** Locked or refused again after newer findings. */
export function onPledgeAgain(draft: Draft, event: Answered): void {
  takePledge(draft, event);
  judgeAgain(draft);
}

function takePledge(draft: Draft, event: Answered): void {
  if (event.type === 'PledgeLocked') notePledge(draft, event);
  const locked = event.type === 'PledgeLocked' ? event.data.patents : [];
  draft.change({ pledge: { locked, refused: event.data.refused } });
}

/** Let go while officers look: what is not locked cannot be approved on; a new lock may follow. */
export function onReleasedWhileReferred(draft: Draft, event: Incoming<'PledgeReleased'>): void {
  noteRelease(draft, event);
  const { pledge } = draft.state;
  if (pledge === null) return;
  const locked = pledge.locked.filter((number) => !event.data.patents.includes(number));
  draft.change({ pledge: { ...pledge, locked } });
}

export function notePledge(draft: Draft, { data }: Incoming<'PledgeLocked'>): void {
  for (const number of draft.state.heldPatents) {
    if (!data.patents.includes(number)) draft.setHolder(number, false);
  }
  for (const number of data.patents) draft.setHolder(number, true);
  draft.change({ heldPatents: data.patents, heldRevision: draft.state.revision });
}

export function noteRelease(draft: Draft, { data }: Incoming<'PledgeReleased'>): void {
  for (const number of data.patents) draft.setHolder(number, false);
  const left = draft.state.heldPatents.filter((number) => !data.patents.includes(number));
  draft.change({ heldPatents: left });
}
