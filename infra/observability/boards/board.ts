// A board of Grafana as data: rows of panels, each with a question to Prometheus and its unit.

/** Units as Grafana names them; amounts are asked for in yuan. */
export type Unit =
  'short' | 's' | 'reqps' | 'records/s' | 'percentunit' | 'currencyCNY' | 'd' | 'bytes';

export interface Query {
  /** PromQL; `$__rate_interval` is Grafana's. */
  readonly expr: string;
  /** `{{line}}`: the label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What one reads from it. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Default: lines over time. */
  readonly as?: 'timeseries' | 'stat' | 'table';
  readonly max?: number;
  /** When it rightly shows nothing; left out: it always shows something. */
  readonly emptyWhile?: string;
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const COLUMNS = 24;
const PANEL_WIDTH = 12;
const PANEL_HEIGHT = 8;
const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };

/** The classic JSON that Grafana provisions from files. */
export function boardJson(board: Board): string {
  const dashboard = {
    uid: board.uid,
    title: board.title,
    tags: ['saidao'],
    schemaVersion: 39,
    editable: false,
    timezone: 'browser',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    panels: board.panels.map(panelJson),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function panelJson(panel: Panel, index: number) {
  const { title, description, unit, queries, as = 'timeseries', max, emptyWhile } = panel;
  const perRow = COLUMNS / PANEL_WIDTH;
  return {
    id: index + 1,
    type: as,
    title,
    description: description + (emptyWhile === undefined ? '' : ` Empty while ${emptyWhile}.`),
    datasource: DATASOURCE,
    gridPos: {
      x: (index % perRow) * PANEL_WIDTH,
      y: Math.floor(index / perRow) * PANEL_HEIGHT,
      w: PANEL_WIDTH,
      h: PANEL_HEIGHT,
    },
    fieldConfig: {
      // Days may be below 0: a rate is known for some days to come.
      defaults: { unit, ...(unit !== 'd' && { min: 0 }), ...(max !== undefined && { max }) },
      overrides: [],
    },
    options: as === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom' } } : {},
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCodePoint('A'.codePointAt(0)! + at),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(as !== 'timeseries' && { instant: true }),
    })),
  };
}
