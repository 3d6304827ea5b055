// What this package offers: the shape of a sample, and applicants made by seed.
export { BUSINESS_DATE } from './draft.ts';
export type { Applicant } from './applicant.ts';
export { applicantsOf, generate, kindOf } from './generate.ts';
export type { Applicants, GenerateOptions } from './generate.ts';
export { COUNT_MAX, SEED_MAX } from './identity.ts';
export { kinds, SHARES, STRAIGHT_SHARES } from './kinds.ts';
export type { Kind, Shares } from './kinds.ts';
export {
  changedSubmission,
  loadSample,
  loadSamples,
  parseSample,
  samplesFolder,
  submissionBody,
} from './samples.ts';
export type { Sample, Step, Submission } from './samples.ts';
export { dueStep, onceOf, outcomeOf, referralIn, standingOf } from './script.ts';
export type { Outcome, Story, StoryEvent } from './script.ts';
export { DoorError } from './door-error.ts';
export type { DoorErrorCode } from './door-error.ts';
export {
  keyOf,
  messageIdOf,
  reviewRecords,
  roleOf,
  stepRecord,
  submissionRecord,
} from './door-records.ts';
export type { CaseName, Referral, Sender } from './door-records.ts';
export { openDoors } from './doors.ts';
export type { Answer, Doors, DoorsAt, SubmissionFault, Via } from './doors.ts';
export { seedOutsideWorld } from './outside-world.ts';
export { nowMs, startBot } from './bot.ts';
export type { Bot, BotHooks, BotOptions, EndedCase, SeenEvent, SentAction } from './bot.ts';
export { playFlow, submitAll } from './flow.ts';
export type { FlowOptions, FlowReport, Otherwise, SubmitOptions, Submitted } from './flow.ts';
