/* oxlint-disable typescript/no-deprecated -- files are provisioned in the classic model, which every Grafana reads */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { AnnotationQuery, Dashboard, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelBuilder } from './panels.ts';

/** Dashboards find each other, and Grafana's sidecar finds them, by this tag. */
const TAG = 'concert';

const SOURCES = ['prometheus', 'influxdb'] as const;
type Source = (typeof SOURCES)[number];

export interface Row {
  title: string;
  panels: PanelBuilder[];
}

export interface Plan {
  /** Part of bookmarks, so that it never changes. Also the name of the file. */
  uid: string;
  title: string;
  description: string;
  source: Source;
  variables: Builder<VariableModel>[];
  annotations?: Builder<AnnotationQuery>[];
  rows: Row[];
}

/** Links keep the selected data source and processes, except to a dashboard with a data source of another kind. */
const linkTo = (source: Source, includeVars: boolean): DashboardLinkBuilder =>
  new DashboardLinkBuilder(source === 'prometheus' ? 'Service' : 'Load')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG, source])
    .includeVars(includeVars)
    .keepTime(true);

export function dashboard(plan: Plan): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags([TAG, plan.source])
    .refresh('5s')
    .time({ from: 'now-15m', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(plan.variables)
    .annotations(plan.annotations ?? [])
    .links(SOURCES.map((source) => linkTo(source, plan.source === source)));
  let id = 0;
  for (const { title, panels } of plan.rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) {
      panel.id(++id);
      builder.withPanel(panel);
    }
  }
  const built = builder.build();
  for (const it of [...(built.links ?? []), ...(built.annotations.list ?? [])]) delete it.placement; // else in a menu
  return built;
}
