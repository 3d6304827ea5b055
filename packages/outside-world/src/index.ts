// The entry of the package: what a test or a launcher may use of the outside world.
export { buildOutsideWorld, type OutsideWorldOptions } from './app.ts';
export { Behaviour, type Mode, type Provider } from './behaviour.ts';
export { outsideWorldSettings } from './config.ts';
export { BureauFile, ReportRequest } from './facts/credit-bureau.ts';
export { RegistryEntry } from './facts/enterprise-registry.ts';
export { Person, PersonCheck } from './facts/persons.ts';
export { PersonFile, PersonReportRequest } from './facts/persons-bureau.ts';
export { PatentRecord, PatentSeed } from './facts/register.ts';
export { RecognisedTalent, TalentCheck } from './facts/talents.ts';
export { Appraisal } from './facts/valuation.ts';
export { Listings } from './facts/watchlists.ts';
export { Confirmation, ConfirmationRequest } from './guarantor.ts';
export { RegistrationRequest, RegistrationState } from './pledge-office.ts';
export type { CallbackTarget } from './rail/callbacks.ts';
export { FoundPayout, PayoutRequest, RailBook } from './rail/payout-rail.ts';
export { WorldSeed } from './seed.ts';
export { Problem } from './wire.ts';
