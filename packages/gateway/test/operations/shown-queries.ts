/** What the dashboard and the alerts in deploy/ ask Prometheus. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const DEPLOY = new URL('../../../../deploy/', import.meta.url)

interface Dashboard {
  panels: { targets?: { expr: string }[] }[]
}

interface Alerts {
  groups: { rules: { expr: string }[] }[]
}

/** The expressions of the dashboard, with its own variables in them. */
export function dashboardQueries(): string[] {
  const text = readFileSync(new URL('grafana/sluice.json', DEPLOY), 'utf8')
  const { panels }: Dashboard = JSON.parse(text)
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}

/** The conditions of the alerts. */
export function alertConditions(): string[] {
  const { groups }: Alerts = parse(readFileSync(new URL('alerts.yml', DEPLOY), 'utf8'))
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))
}
