// The process of the bot: plays every applicant's script by Kafka, outside the measured processes.
import { startBot } from '@saidao/applicants';
import { openDoorsAt } from './doors.ts';
import { LENDERS } from './place.ts';
import { membersOf, type Population } from './population.ts';

const [brokers = '', population = ''] = process.argv.slice(2);
const applicants = membersOf(JSON.parse(population) as Population);
const { doors, log } = openDoorsAt({ brokers: brokers.split(','), clientId: 'bench-bot' });
await startBot({
  log,
  lenders: LENDERS,
  doors,
  applicantBy: (reference) => applicants.byId(reference),
  viaOf: () => 'kafka',
  from: 'earliest',
  onCrash(error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
