/**
 * Every setting of the gateway in one table: its variable, its place in sluice.yaml, what is allowed, default, unit and
 * meaning. The loader, the JSON Schema, the documentation and `sluice check` all read this table.
 */
import { z } from 'zod'
import { labelNameSchema } from '../clients/labels.ts'
import { CLIENT_LIMITS } from '../clients/principal.ts'
import {
  claimsBy,
  flag,
  headers,
  integer,
  labelNames,
  list,
  oneOf,
  origins,
  portOr,
  proxy,
  secret,
  text,
  url,
} from './kinds.ts'
import { duration, optional, type Setting, setting } from './setting.ts'

export const SETTINGS = {
  // Where it listens.
  host: setting(
    'SLUICE_HOST server.host',
    [text('a host name or address'), '127.0.0.1'],
    'Address to listen on.',
  ),
  port: setting(
    'WS_PORT server.port',
    [integer(0, 65_535), 8080],
    'Port for WebSockets and health checks; 0 takes any free one.',
  ),
  adminPort: setting(
    'SLUICE_ADMIN_PORT server.adminPort',
    [portOr('off'), 9464],
    'Port of metrics and health on loopback; 0 takes any free one, `off` opens none.',
  ),
  adminHost: setting(
    'SLUICE_ADMIN_HOST server.adminHost',
    [text('a host name or address'), '127.0.0.1'],
    'Address of the admin listener.',
  ),
  allowedOrigins: setting('SLUICE_ALLOWED_ORIGINS server.allowedOrigins', [origins(), []], {
    about: "Web origins that may connect, besides the gateway's own.",
    reloads: true,
  }),
  allowedHosts: setting('SLUICE_ALLOWED_HOSTS server.allowedHosts', [list('host names'), []], {
    about:
      'Host names that requests may carry, besides loopback ones. Set, they hold on both listeners; on loopback they always do.',
    reloads: true,
  }),
  logLevel: setting(
    'SLUICE_LOG_LEVEL log.level',
    [oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), 'info'],
    'Least severity that is logged.',
  ),

  // The upstream.
  profile: optional(
    'SLUICE_UPSTREAM_PROFILE upstream.profile',
    oneOf('seed', 'genesys', 'openai'),
    'Which kind of upstream; inferred from the settings below if absent.',
  ),
  genesysBaseUrl: optional(
    'GENESYS_CLOUD_BASE_URL upstream.genesys.baseUrl',
    url(),
    'Profile seed: base of token endpoint and API.',
  ),
  genesysRegion: optional(
    'GENESYS_CLOUD_REGION upstream.genesys.region',
    text('a region such as eu-central-1, or its domain'),
    { about: 'Profile genesys: the region of the organisation.', aliases: ['GENESYSCLOUD_REGION'] },
  ),
  clientId: optional(
    'GENESYS_CLOUD_CLIENT_ID upstream.genesys.clientId',
    text(),
    'OAuth client id (client credentials grant).',
  ),
  clientSecret: optional('GENESYS_CLOUD_CLIENT_SECRET upstream.genesys.clientSecret', text(), {
    about: 'OAuth client secret.',
    isSecret: true,
    reloads: true,
  }),
  llmBaseUrl: optional('LLM_BASE_URL upstream.baseUrl', url(), {
    about: 'OpenAI-compatible server; a path is kept, a bare origin gets /v1.',
    aliases: ['OPENAI_BASE_URL'],
  }),
  llmApiKey: optional('LLM_API_KEY upstream.apiKey', text(), {
    about: 'Its API key.',
    aliases: ['OPENAI_API_KEY'],
    isSecret: true,
    reloads: true,
  }),
  upstreamHeaders: optional('SLUICE_UPSTREAM_HEADERS upstream.headers', headers(), {
    about: 'Headers that each request to the upstream has besides its own.',
    isSecret: true,
  }),
  httpProxy: optional('HTTP_PROXY upstream.proxy.http', proxy(), {
    about:
      'Proxy for upstream, token endpoint, issuer and webhook at an http URL; loopback is never asked through it.',
    aliases: ['http_proxy'],
    isSecret: true,
  }),
  httpsProxy: optional('HTTPS_PROXY upstream.proxy.https', proxy(), {
    about: 'Proxy for those at an https URL; without it HTTP_PROXY.',
    aliases: ['https_proxy'],
    isSecret: true,
  }),
  noProxy: setting(
    'NO_PROXY upstream.proxy.except',
    [list('hosts, `.example.com` for all below'), []],
    {
      about: 'Hosts that are asked directly.',
      aliases: ['no_proxy'],
    },
  ),
  chatPath: optional(
    'SLUICE_CHAT_PATH upstream.chatPath',
    text('a path that begins with /'),
    'Path of the chat endpoint; profile genesys needs it.',
  ),
  tokenUrl: optional(
    'SLUICE_TOKEN_URL upstream.tokenUrl',
    url(),
    'Token endpoint, where it is not the one of the profile.',
  ),
  oauthScope: optional(
    'SLUICE_OAUTH_SCOPE upstream.scope',
    text('scopes, separated by blanks'),
    'OAuth scope; profile seed asks for `ai:llm:write ai:llm:read`.',
  ),
  oauthTimeoutMs: setting('SLUICE_OAUTH_TIMEOUT_MS upstream.tokenTimeout', duration(5_000), {
    about: 'Longest wait for a token.',
    unit: 'ms',
  }),
  requestsPerMinute: optional(
    'SLUICE_UPSTREAM_REQUESTS_PER_MINUTE upstream.requestsPerMinute',
    integer(0, 1_000_000),
    'Starts a minute for everybody together; 0 is no limit. Profiles seed and genesys: 300, openai: 0.',
  ),
  queueLength: setting(
    'SLUICE_UPSTREAM_QUEUE_LENGTH upstream.queueLength',
    [integer(0, 100_000), 1_000],
    'Requests that may wait for their turn at the upstream.',
  ),
  queueTimeoutMs: setting(
    'SLUICE_UPSTREAM_QUEUE_TIMEOUT_MS upstream.queueTimeout',
    duration(30_000),
    { about: 'Longest wait for a turn at the upstream.', unit: 'ms' },
  ),
  includeUsage: optional(
    'SLUICE_UPSTREAM_INCLUDE_USAGE upstream.includeUsage',
    flag(),
    'Ask for usage by stream_options; default true with profile openai.',
  ),
  extensionFields: setting(
    'SLUICE_UPSTREAM_EXTENSION_FIELDS upstream.extensionFields',
    [list('names of fields'), []],
    'Fields of messages, deltas and tool calls that pass both ways, through the guard, besides the known ones.',
  ),
  connectTimeoutMs: setting(
    'SLUICE_UPSTREAM_CONNECT_TIMEOUT_MS upstream.connectTimeout',
    duration(10_000),
    { about: 'Longest wait for a connection.', unit: 'ms' },
  ),
  firstByteTimeoutMs: setting(
    'SLUICE_UPSTREAM_FIRST_BYTE_TIMEOUT_MS upstream.firstByteTimeout',
    duration(60_000),
    { about: "Longest wait for the answer's first byte.", unit: 'ms' },
  ),
  idleTimeoutMs: setting('SLUICE_UPSTREAM_IDLE_TIMEOUT_MS upstream.idleTimeout', duration(60_000), {
    about: 'Longest silence between two bytes of an answer.',
    unit: 'ms',
  }),
  maxEventBytes: setting(
    'SLUICE_UPSTREAM_MAX_EVENT_BYTES upstream.maxEventBytes',
    [integer(1_024, 67_108_864), 1_048_576],
    { about: 'Largest event of the upstream.', unit: 'bytes' },
  ),
  maxAttempts: setting(
    'SLUICE_RETRY_ATTEMPTS upstream.retry.attempts',
    [integer(1, 20), 3],
    'Attempts in all, the first included; none after the first delta.',
  ),
  retryBaseDelayMs: setting('SLUICE_RETRY_BASE_DELAY_MS upstream.retry.baseDelay', duration(500), {
    about: 'First backoff; doubles each time, with full jitter.',
    unit: 'ms',
  }),
  retryMaxDelayMs: setting('SLUICE_RETRY_MAX_DELAY_MS upstream.retry.maxDelay', duration(20_000), {
    about: 'Longest wait that is honoured; a longer Retry-After fails at once.',
    unit: 'ms',
  }),
  retryDeadlineMs: setting('SLUICE_RETRY_DEADLINE_MS upstream.retry.deadline', duration(60_000), {
    about: 'From the first attempt to the last start.',
    unit: 'ms',
  }),

  // Who may connect, and how.
  tlsCertFile: optional(
    'SLUICE_TLS_CERT_FILE server.tls.certFile',
    text('a path'),
    'PEM file of the certificate chain; with it the gateway speaks TLS.',
  ),
  tlsKeyFile: optional(
    'SLUICE_TLS_KEY_FILE server.tls.keyFile',
    text('a path'),
    'PEM file of its private key.',
  ),
  trustedProxies: setting(
    'SLUICE_TRUSTED_PROXIES server.trustedProxies',
    [list('addresses or networks such as 10.0.0.0/8'), []],
    "Proxies whose X-Forwarded-For names the client's address.",
  ),
  keysFile: optional(
    'SLUICE_KEYS_FILE clients.keysFile',
    text('a path'),
    'File of client keys, as `sluice keys` writes it; with it a key or token is required.',
  ),
  allowAnonymous: optional(
    'SLUICE_ALLOW_ANONYMOUS clients.allowAnonymous',
    flag(),
    'Serve clients without a credential. Default: only on loopback, and only without keys and tokens.',
  ),
  jwksUrl: optional(
    'SLUICE_JWT_JWKS_URL clients.jwt.jwksUrl',
    url(),
    "The issuer's published keys; with it its tokens are accepted.",
  ),
  jwtIssuer: optional('SLUICE_JWT_ISSUER clients.jwt.issuer', text(), 'Required `iss` of a token.'),
  jwtAudience: optional(
    'SLUICE_JWT_AUDIENCE clients.jwt.audience',
    text(),
    'Required `aud` of a token.',
  ),
  jwtTenantClaim: optional(
    'SLUICE_JWT_TENANT_CLAIM clients.jwt.claims.tenant',
    text('the name of a claim'),
    "Claim with the client's tenant; a token without it is refused.",
  ),
  jwtPolicyClaim: optional(
    'SLUICE_JWT_POLICY_CLAIM clients.jwt.claims.policy',
    text('the name of a claim'),
    'Claim that chooses one of `clients.jwt.policies`.',
  ),
  jwtModelsClaim: optional(
    'SLUICE_JWT_MODELS_CLAIM clients.jwt.claims.models',
    text('the name of a claim'),
    'Claim that chooses some of `clients.jwt.models`.',
  ),
  jwtLimitClaims: optional(
    'SLUICE_JWT_LIMIT_CLAIMS clients.jwt.claims.limits',
    claimsBy(z.enum(CLIENT_LIMITS), CLIENT_LIMITS.join(', ')),
    "Claims that lower the client's limits.",
  ),
  jwtLabelClaims: optional(
    'SLUICE_JWT_LABEL_CLAIMS clients.jwt.claims.labels',
    claimsBy(labelNameSchema, 'at most 8 labels'),
    "Claims that become the client's labels.",
  ),
  jwtPolicies: setting(
    'SLUICE_JWT_POLICIES clients.jwt.policies',
    [list('names of policies'), []],
    'Policies that the claim may name; another one refuses the token.',
  ),
  jwtModels: setting(
    'SLUICE_JWT_MODELS clients.jwt.models',
    [list('names of models'), []],
    'Models that tokens may use; none listed: all.',
  ),
  helloTimeoutMs: setting('SLUICE_HELLO_TIMEOUT_MS clients.helloTimeout', duration(10_000), {
    about: 'Longest wait for a credential on an open socket (4408).',
    unit: 'ms',
  }),
  maxHelloBytes: setting(
    'SLUICE_MAX_HELLO_BYTES clients.maxHelloBytes',
    [integer(256, 1_048_576), 16_384],
    { about: 'Bytes that a socket may send before it is authenticated.', unit: 'bytes' },
  ),

  // Limits. 0 is no limit.
  clientRequestsPerMinute: setting(
    'SLUICE_CLIENT_REQUESTS_PER_MINUTE limits.client.requestsPerMinute',
    [integer(0, 1_000_000), 120],
    { about: 'Requests a minute of one client; a key may say otherwise.', reloads: true },
  ),
  clientTokensPerMinute: setting(
    'SLUICE_CLIENT_TOKENS_PER_MINUTE limits.client.tokensPerMinute',
    [integer(0, 1_000_000_000), 0],
    {
      about:
        'Tokens a minute of one client, prompts and answers together; a key may say otherwise.',
      reloads: true,
    },
  ),
  clientSockets: setting(
    'SLUICE_CLIENT_SOCKETS limits.client.sockets',
    [integer(0, 1_000_000), 64],
    { about: 'Open sockets of one client; a key may say otherwise.', reloads: true },
  ),
  clientCompletions: setting(
    'SLUICE_CLIENT_COMPLETIONS limits.client.completions',
    [integer(0, 1_000_000), 64],
    { about: 'Completions of one client at a time; a key may say otherwise.', reloads: true },
  ),
  addressRequestsPerMinute: setting(
    'SLUICE_ADDRESS_REQUESTS_PER_MINUTE limits.address.requestsPerMinute',
    [integer(0, 1_000_000), 600],
    { about: 'Requests a minute from one address.', reloads: true },
  ),
  addressSockets: setting(
    'SLUICE_ADDRESS_SOCKETS limits.address.sockets',
    [integer(0, 1_000_000), 256],
    { about: 'Open sockets from one address.', reloads: true },
  ),
  addressUnauthenticated: setting(
    'SLUICE_ADDRESS_UNAUTHENTICATED limits.address.unauthenticated',
    [integer(0, 1_000_000), 30],
    { about: 'Sockets from one address that have shown no credential yet.', reloads: true },
  ),
  maxSockets: setting('SLUICE_MAX_SOCKETS limits.node.sockets', [integer(0, 10_000_000), 20_000], {
    about: 'Open sockets of the node.',
    reloads: true,
  }),
  maxUnauthenticated: setting(
    'SLUICE_MAX_UNAUTHENTICATED limits.node.unauthenticated',
    [integer(0, 10_000_000), 1_000],
    { about: 'Sockets of the node that have shown no credential yet.', reloads: true },
  ),
  maxCompletions: setting(
    'SLUICE_MAX_COMPLETIONS limits.node.completions',
    [integer(0, 10_000_000), 5_000],
    {
      about: 'Completions of the node at a time; near it each client keeps to a fair share.',
      reloads: true,
    },
  ),
  malformedPerMinute: setting(
    'SLUICE_MALFORMED_PER_MINUTE limits.socket.malformedPerMinute',
    [integer(1, 100_000), 20],
    {
      about: 'Malformed messages a minute on one socket; one more closes it (4400).',
      reloads: true,
    },
  ),

  secret: optional('SLUICE_SECRET clients.secret', secret(), {
    about:
      'Root of all keys that the gateway makes itself, such as the one of digests in the audit. Default: made at each start.',
    isSecret: true,
  }),

  // What is written about it.
  instance: optional(
    'SLUICE_INSTANCE audit.instance',
    text(),
    "This node's name in the audit. Default: the host's name.",
  ),
  audit: setting(
    'SLUICE_AUDIT audit.file',
    [text('off, or the path of a file'), './sluice-audit.db'],
    'File of the audit (SQLite), or `off`.',
  ),
  auditStrict: setting(
    'SLUICE_AUDIT_STRICT audit.strict',
    [flag(), false],
    'Refuse requests while the audit cannot be written, instead of serving them without a record.',
  ),
  auditRetentionDays: setting(
    'SLUICE_AUDIT_RETENTION_DAYS audit.retentionDays',
    [integer(1, 36_500), 90],
    { about: 'Records are removed at this age.', unit: 'days' },
  ),
  auditMaxBytes: optional(
    'SLUICE_AUDIT_MAX_BYTES audit.maxBytes',
    integer(65_536, 1_099_511_627_776),
    { about: 'Largest size of the audit file; beyond it the audit is full.', unit: 'bytes' },
  ),
  metricLabels: setting('SLUICE_METRIC_LABELS metrics.labels', [labelNames(), []], {
    about: 'Labels of keys and tokens that metrics count by; `tenant` is the tenant.',
  }),
  webhookUrl: optional('SLUICE_WEBHOOK_URL dashboard.url', url(), 'Receiver of dashboard events.'),
  webhookSecret: optional(
    'SLUICE_WEBHOOK_SECRET dashboard.secret',
    text('at least 16 characters'),
    { about: 'Key of the signature on dashboard events.', isSecret: true },
  ),
  webhookChunks: setting(
    'SLUICE_WEBHOOK_CHUNKS dashboard.chunks',
    [flag(), false],
    'Send chunk events too. They carry the answer as the client sees it, guarded.',
  ),

  // What a request may be.
  policy: optional(
    'SLUICE_POLICY guard.policy',
    text('seed, standard, strict, private, off, or a policy of sluice.yaml'),
    { about: 'The guard policy. Profile seed: seed; the others: standard.', reloads: true },
  ),
  nerModel: optional(
    'SLUICE_NER_MODEL guard.nerModel',
    text('the path of a folder'),
    'Folder of the model of detectors of kind `model`; `sluice ner pull` fills it.',
  ),
  onOverflow: setting(
    'SLUICE_ON_OVERFLOW request.onOverflow',
    [oneOf('reject', 'truncate'), 'reject'],
    {
      about: 'What happens to a conversation over the context window, unless the request says.',
      reloads: true,
    },
  ),
  maxMessageBytes: setting(
    'SLUICE_MAX_MESSAGE_BYTES request.maxMessageBytes',
    [integer(1_024, 67_108_864), 4_194_304],
    { about: 'Largest message of a client.', unit: 'bytes' },
  ),
  maxMessages: setting('SLUICE_MAX_MESSAGES request.maxMessages', [integer(1, 10_000), 512], {
    about: 'Messages of one conversation.',
    reloads: true,
  }),
  maxJsonDepth: setting(
    'SLUICE_MAX_JSON_DEPTH request.maxJsonDepth',
    [integer(4, 256), 32],
    'Nesting of a message.',
  ),
  maxContentCharacters: optional(
    'SLUICE_MAX_CONTENT_CHARACTERS request.maxContentCharacters',
    integer(1, 67_108_864),
    {
      about:
        'Longest content of one message. Profiles seed and genesys: 4096; openai: no limit of its own.',
      unit: 'characters',
    },
  ),

  // A completion and its delivery.
  maxAnswerCharacters: setting(
    'SLUICE_MAX_ANSWER_CHARACTERS completion.maxAnswerCharacters',
    [integer(1, 67_108_864), 262_144],
    { about: 'Longest answer.', unit: 'characters' },
  ),
  completionTimeoutMs: setting(
    'SLUICE_COMPLETION_TIMEOUT_MS completion.timeout',
    duration(600_000),
    { about: 'Longest time from request to terminal.', unit: 'ms' },
  ),
  memoryBudgetBytes: setting(
    'SLUICE_MEMORY_BUDGET_BYTES completion.memoryBudget',
    [integer(1_048_576, 1_099_511_627_776), 268_435_456],
    {
      about:
        'All answers and requests that are held together, requests of one client up to half of it; over it new requests are refused. A request takes about five times its size.',
      unit: 'bytes',
    },
  ),
  ringBytes: setting(
    'SLUICE_RING_BYTES completion.ring',
    [integer(4_096, 1_073_741_824), 1_048_576],
    { about: 'The most that is kept of one answer for those who come back for it.', unit: 'bytes' },
  ),
  retentionMs: setting('SLUICE_RETENTION_MS completion.retention', duration(60_000), {
    about: 'How long an answer can be resumed after its end.',
    unit: 'ms',
    reloads: true,
  }),
  graceMs: setting('SLUICE_GRACE_MS completion.grace', duration(60_000), {
    about: 'How long a completion goes on that nobody follows, where its client wants that.',
    unit: 'ms',
    reloads: true,
  }),
  connectionCompletions: setting(
    'SLUICE_CONNECTION_COMPLETIONS limits.socket.completions',
    [integer(1, 100_000), 64],
    { about: 'Completions that one socket follows at a time, in dialect 2.', reloads: true },
  ),
  bufferedBytes: setting(
    'SLUICE_SOCKET_BUFFER_BYTES server.bufferedBytes',
    [integer(16_384, 16_777_216), 65_536],
    { about: 'Bytes that may wait in one socket; then the upstream pauses.', unit: 'bytes' },
  ),
  stallTimeoutMs: setting('SLUICE_STALL_TIMEOUT_MS server.stallTimeout', duration(30_000), {
    about: 'Close a reader that takes nothing for so long (1013).',
    unit: 'ms',
  }),
  pingIntervalMs: setting('SLUICE_PING_INTERVAL_MS server.pingInterval', duration(25_000), {
    about: 'Ping a silent socket this often.',
    unit: 'ms',
  }),
  pongTimeoutMs: setting('SLUICE_PONG_TIMEOUT_MS server.pongTimeout', duration(10_000), {
    about: 'Drop a socket that does not answer a ping for so long.',
    unit: 'ms',
  }),
  idleSocketMs: setting('SLUICE_IDLE_SOCKET_MS server.idleSocket', duration(600_000), {
    about: 'Close a socket without a completion after so long (1001).',
    unit: 'ms',
  }),
  httpKeepAliveMs: setting('SLUICE_HTTP_KEEP_ALIVE_MS server.httpKeepAlive', duration(10_000), {
    about: 'An answer over HTTP says something after so much silence, so that no proxy cuts it.',
    unit: 'ms',
    reloads: true,
  }),
  drainDeadlineMs: setting('SLUICE_DRAIN_DEADLINE_MS server.drainDeadline', duration(30_000), {
    about: 'On SIGTERM, running completions have so long to end.',
    unit: 'ms',
  }),
} as const

export type SettingName = keyof typeof SETTINGS

/** The value of each setting, by its name in the table. */
export type Settings = {
  [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T, infer D>
    ? undefined extends D
      ? T | undefined
      : T
    : never
}
