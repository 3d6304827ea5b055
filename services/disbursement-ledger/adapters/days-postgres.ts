// How far days are as PostgreSQL holds it, for the days line, for readers and for metrics.
import type { BusinessDate } from '@saidao/values';
import type { Database } from '@saidao/worker';
import type { ClosedDays, Lanes } from '../ports.ts';

/** All of one snapshot: it is asked before every chunk. */
export function lanesIn(database: Database): Lanes {
  return {
    since: sinceIn(database),
    async standingOf({ lenderId, lane }) {
      const { rows } = await database.prepared<{
        closed_on: string | null;
        begins_on: string | null;
      }>(
        'days.standing-of-lane',
        // When it begins is asked only of a lane that has closed nothing: it reads more.
        `select closed_on::text as closed_on, case when closed_on is null then least(
             (select min(business_date) from book.lane_days where lender_id = $1),
             (select min(closed_on) + 1 from book.positions
              where lender_id = $1 and status = 'open'))::text end as begins_on
         from (select (
           select max(business_date) from book.lane_days where lender_id = $1 and lane = $2
         ) as closed_on) as lane`,
        [lenderId, lane],
      );
      const [row] = rows;
      return {
        closedOn: row?.closed_on ?? null,
        beginsOn: row?.begins_on ?? null,
      };
    },
  };
}

function sinceIn(database: Database): Lanes['since'] {
  return async (lenderId) => {
    const { rows } = await database.prepared<{ since: string | null }>(
      'days.lender-since',
      `select least(
         (select min(business_date) from book.lane_days where lender_id = $1),
         (select min(booked_on) from book.positions where lender_id = $1))::text as since`,
      [lenderId],
    );
    return rows[0]?.since ?? null;
  };
}

export function closedDaysIn(database: Database): ClosedDays {
  return {
    since: sinceIn(database),
    async find(lenderId, businessDate) {
      const { rows } = await database.prepared<{ lanes: bigint; digest: string | null }>(
        'days.find-day',
        `select (
           select count(*) from book.lane_days where lender_id = $1 and business_date = $2::date
         ) as lanes, (
           select encode(digest, 'hex') from book.day_digests
           where lender_id = $1 and business_date = $2::date
         ) as digest`,
        [lenderId, businessDate],
      );
      return { lanesClosed: Number(rows[0]?.lanes ?? 0n), digest: rows[0]?.digest ?? null };
    },
  };
}

/** Of a lender with loans: the last day that all its lanes have closed. */
export interface LenderDays {
  readonly lenderId: string;
  /** None yet: the day before its first loan was booked, for that is the first to be closed. */
  readonly closedOn: BusinessDate;
}

export function lenderDaysIn(database: Database) {
  return async (lanes: number): Promise<readonly LenderDays[]> => {
    const { rows } = await database.prepared<{ lender_id: string; closed_on: string }>(
      'days.lenders',
      `select l.lender_id,
         (case when count(d.lane) = $1 then min(d.closed_on) else l.since - 1 end)::text
           as closed_on
       from (select lender_id, min(booked_on) as since from book.positions group by 1) as l
       left join (
         select lender_id, lane, max(business_date) as closed_on from book.lane_days group by 1, 2
       ) as d using (lender_id)
       group by l.lender_id, l.since order by 1`,
      [lanes],
    );
    return rows.map(({ lender_id, closed_on }) => ({ lenderId: lender_id, closedOn: closed_on }));
  };
}
