// The entry of the package: what a test or a launcher may use of the outside world.
export { buildOutsideWorld, type OutsideWorldOptions, WorldSeed } from './app.ts';
export { Behaviour, type Mode, type Provider } from './behaviour.ts';
export { outsideWorldSettings } from './config.ts';
export { Confirmation, ConfirmationRequest } from './guarantor.ts';
export { PayoutOutcome, PayoutRequest, RailBook } from './payout-rail.ts';
export { RegistrationRequest, RegistrationState } from './pledge-office.ts';
export { PatentRecord, PatentSeed } from './register.ts';
export { Problem } from './wire.ts';
