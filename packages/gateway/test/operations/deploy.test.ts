// The files in deploy/: that they name settings, metrics, paths and ports that exist, and times that fit each other.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadConfig, SETTINGS, type Setting } from '@sluice/gateway'
import { ERRORS } from '@sluice/protocol'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { busyGateway } from './busy-gateway.ts'
import { samplesOf } from './exported-metrics.ts'
import { alertConditions, dashboardQueries } from './shown-queries.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const FILES = [
  'Dockerfile',
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
    .map((path) => join('deploy', path))
    .filter((path) => statSync(join(ROOT, path)).isFile()),
]

/** A file's documents as plain data. */
// biome-ignore lint/suspicious/noExplicitAny: read by paths that the test names
function yaml(path: string): any[] {
  const documents = parseAllDocuments(read(path))
  return documents.map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS()
  })
}

const expressions = () => [...dashboardQueries(), ...alertConditions()]

/** Names of metrics in an expression, each with the labels that are asked of it. */
function metricsIn(expression: string): { name: string; labels: string[] }[] {
  const selectors = expression.matchAll(/\b((?:sluice|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)
  return [...selectors].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))
}

describe('dashboard and alerts', () => {
  it('ask for metrics and labels that the gateway exports, and the dashboard shows all of its own', async () => {
    const { gateway } = await busyGateway()
    const samples = await samplesOf(gateway)
    const labelsOf = new Map<string, Set<string>>()
    for (const { name, labels } of samples) {
      const known = labelsOf.get(name) ?? new Set(['instance', 'job'])
      for (const label of Object.keys(labels)) known.add(label)
      labelsOf.set(name, known)
    }
    for (const expression of expressions()) {
      const used = metricsIn(expression)
      for (const { name, labels } of used) {
        expect([...labelsOf.keys()], expression).toContain(name)
        for (const label of labels) expect(labelsOf.get(name), expression).toContain(label)
      }
      const [, grouping = ''] = /\bby \(([^)]*)\)/.exec(expression) ?? []
      for (const label of grouping.split(', ').filter((part) => part !== '')) {
        expect(
          used.some(({ name }) => labelsOf.get(name)?.has(label)),
          expression,
        ).toBe(true)
      }
    }
    const own = [...labelsOf.keys()].filter((name) => name.startsWith('sluice_'))
    const shown = new Set(
      expressions()
        .flatMap(metricsIn)
        .map(({ name }) => name),
    )
    const series = (name: string) => name.replace(/_(sum|count)$/, '_bucket')
    expect(own.filter((name) => !shown.has(series(name)))).toEqual([])
  })
})

describe('the alert on failures', () => {
  it("counts every error that is the gateway's or the upstream's, and no mistake of a client", () => {
    const [own = ''] = alertConditions().filter((expression) => expression.includes('error=~'))
    const [failed, all] = [...own.matchAll(/error=~"([^"]*)"/g)].map(([, codes = '']) =>
      codes.split('|'),
    )
    const ours = Object.entries(ERRORS).filter(([, { status }]) => status >= 500)
    expect(failed?.toSorted()).toEqual(ours.map(([code]) => code).toSorted())
    expect(all?.toSorted()).toEqual(['', ...(failed ?? [])].toSorted())
  })
})

describe('Kubernetes', () => {
  const kind = (name: string) => yaml('deploy/kubernetes.yaml').find((each) => each.kind === name)

  it('lets sockets live longer at the Ingress than they are silent or an answer takes', () => {
    const { annotations } = kind('Ingress').metadata
    for (const name of ['proxy-read-timeout', 'proxy-send-timeout']) {
      const seconds = Number(annotations[`nginx.ingress.kubernetes.io/${name}`])
      expect(seconds * 1_000).toBeGreaterThan(SETTINGS.pingIntervalMs.default)
      expect(seconds * 1_000).toBeGreaterThan(SETTINGS.completionTimeoutMs.default)
    }
  })

  it('shares the pace of Genesys Cloud among its replicas', () => {
    const { requestsPerMinute } = parse(kind('ConfigMap').data['sluice.yaml']).upstream
    expect(requestsPerMinute * statefulSet().spec.replicas).toBeLessThanOrEqual(300)
  })

  it('has a configuration that loads, with secrets from files alone', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'sluice.yaml'), kind('ConfigMap').data['sluice.yaml'])
    const [{ env, envFrom }] = statefulSet().spec.template.spec.containers
    expect(envFrom).toBeUndefined()
    const secrets = Object.values<Setting>(SETTINGS).filter(({ isSecret }) => isSecret)
    const names = env.map(({ name }: { name: string }) => name)
    expect(secrets.filter((setting) => names.includes(setting.env))).toEqual([])
    expect(names).toContain('SLUICE_INSTANCE')
    const { settings } = loadConfig({}, folder)
    expect(settings.llmBaseUrl).toBe('https://llm.example.com/v1')
  })

  it('lets only the ingress controller and Prometheus in', () => {
    const { ingress, policyTypes } = kind('NetworkPolicy').spec
    expect(policyTypes).toEqual(['Ingress', 'Egress'])
    for (const rule of ingress) expect(rule.from).toHaveLength(1)
  })
})

describe('Docker Compose', () => {
  it('has no default password, and a name that a killed gateway keeps', () => {
    const { grafana, sluice } = yaml('deploy/compose.yaml')[0].services
    expect(grafana.environment.GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION).toBe('true')
    expect(sluice.environment.SLUICE_INSTANCE).toBeDefined()
  })
})

describe('every file', () => {
  it.each(FILES.filter((path) => /\.ya?ml$/.test(path)))('%s is YAML', (path) => {
    expect(yaml(path).length).toBeGreaterThan(0)
  })

  it.each(FILES)('%s names settings that exist', (path) => {
    const known = new Set(['SLUICE_CONFIG', 'NODE_ENV'])
    for (const { env, aliases, isSecret } of Object.values<Setting>(SETTINGS)) {
      for (const name of [env, ...aliases]) known.add(name)
      if (isSecret) known.add(`${env}_FILE`)
    }
    const named = read(path).match(/\b(SLUICE|GENESYS_CLOUD|LLM|WS)_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('the times of a stop', () => {
  const drainSeconds = SETTINGS.drainDeadlineMs.default / 1_000

  it('leave the drain its deadline under Docker Compose, systemd and Kubernetes', () => {
    const [compose] = yaml('deploy/compose.yaml')
    expect(Number.parseInt(compose.services.sluice.stop_grace_period, 10)).toBeGreaterThan(
      drainSeconds,
    )
    const stop = /^TimeoutStopSec=(\d+)s$/m.exec(read('deploy/sluice.service'))?.[1]
    expect(Number(stop)).toBeGreaterThan(drainSeconds)
    const { spec } = statefulSet().spec.template
    const [, pause] = spec.containers[0].lifecycle.preStop.exec.command
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + Number(pause))
  })
})

function statefulSet() {
  return yaml('deploy/kubernetes.yaml').find(({ kind }) => kind === 'StatefulSet')
}

describe('ports and paths', () => {
  it('are those the gateway has', () => {
    const ports = [SETTINGS.port.default, SETTINGS.adminPort.default]
    expect(read('Dockerfile')).toContain(`EXPOSE ${ports.join(' ')}`)
    const [container] = statefulSet().spec.template.spec.containers
    const named = container.ports.map(
      ({ containerPort }: { containerPort: number }) => containerPort,
    )
    expect(named).toEqual(ports)
    expect(yaml('deploy/prometheus.yml')[0].scrape_configs[0].static_configs[0].targets).toEqual([
      `sluice:${SETTINGS.adminPort.default}`,
    ])
    for (const file of ['Dockerfile', 'deploy/sluice.service']) {
      const command = /(packages\/\S+\.js)/.exec(read(file))?.[1] ?? ''
      expect(existsSync(join(ROOT, command)), command).toBe(true)
    }
  })

  it('of the health check answer', async () => {
    const { gateway } = await busyGateway()
    const [, command = ''] = /^ {2}CMD (\[.*\])$/m.exec(read('Dockerfile')) ?? []
    const [node, ...args]: string[] = JSON.parse(command)
    expect(node).toBe('node')
    const run = promisify(execFile)
    const check = (port: number) =>
      run(
        process.execPath,
        args.map((arg) => arg.replace('9464', String(port))),
      )
    await expect(check(1)).rejects.toMatchObject({ code: 1 })
    await check(gateway.adminPort)
  })
})
