// Decisioning's HTTP door: the officers' queue, what they do with it, and the evidence for auditors.
import type { Door } from '@saidao/worker';
import { actionsDoor, type ActionsOptions } from './door/actions.door.ts';
import { evidenceDoor } from './door/evidence.door.ts';
import { queueDoor } from './door/queue.door.ts';

export type DecisioningDoorOptions = ActionsOptions;

/** Routes below /v1/reviews, /v1/review-outcomes and /v1/decisions. */
export function decisioningDoor(options: DecisioningDoorOptions): Door {
  const doors = [queueDoor(options.reviews), actionsDoor(options), evidenceDoor(options.reviews)];
  return async (app) => {
    for (const door of doors) await door(app);
  };
}
