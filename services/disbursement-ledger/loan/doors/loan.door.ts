// The doors of one loan: what it owes, repayments, and what officers do with it.
import type { LoanWorld } from '@saidao/loans';
import type { Door } from '@saidao/worker';
import { loanActionsDoor } from './actions.door.ts';
import type { LoanDoorOptions } from './publishing.ts';
import { repaymentsDoor } from './repayments.door.ts';
import { standingDoor } from './standing.door.ts';

/** Routes below /v1/loans/:loanId. */
export function loanDoor(options: LoanDoorOptions & { readonly world: LoanWorld }): Door {
  const doors = [standingDoor(options), repaymentsDoor(options), loanActionsDoor(options)];
  return async (app) => {
    for (const door of doors) await door(app);
  };
}
