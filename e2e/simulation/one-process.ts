// One of several processes: runs the seeds that it is dealt, and tells of each run.
import { modeOf, type Job } from './many.ts';
import { simulate } from './simulate.ts';

process.on('message', (job: Job) => {
  void (async () => {
    for (const seed of job.seeds) {
      const mode = modeOf(seed, job.modes);
      process.send?.(await simulate({ seed, mode, without: job.without }));
    }
    process.send?.('more');
  })();
});
process.send?.('more');
