/** The error bodies of the two APIs the sandbox imitates, one table for both; who fails and when is decided elsewhere. */

/** Whose error bodies a route speaks: Genesys Cloud's platform API, or OpenAI's. */
export type Dialect = 'genesys' | 'openai'

interface Failure {
  code: string
  message: string
  /** OpenAI's `type` and `code` for the same status. */
  openai: { type: string; code: string | null }
}

const server = { type: 'server_error', code: null }
const invalid = { type: 'invalid_request_error', code: null }

/** Codes as in `x-inin-error-codes` of the published Genesys Cloud API description; 408, 413, 422 and 502 are ours. */
const failures: Record<number, Failure> = {
  400: { code: 'bad.request', message: 'The request is malformed.', openai: invalid },
  401: {
    code: 'bad.credentials',
    message: 'Invalid login credentials.',
    openai: { type: 'invalid_request_error', code: 'invalid_api_key' },
  },
  403: {
    code: 'not.authorized',
    message: 'You are not authorized to perform the requested action.',
    openai: { type: 'permission_error', code: null },
  },
  404: {
    code: 'not.found',
    message: 'The requested resource was not found.',
    openai: { type: 'invalid_request_error', code: 'model_not_found' },
  },
  405: { code: 'method.not.allowed', message: 'This path has no such method.', openai: invalid },
  408: { code: 'client.timeout', message: 'The request took too long to arrive.', openai: server },
  413: {
    code: 'request.entity.too.large',
    message: 'The request is over the size limit.',
    openai: invalid,
  },
  415: {
    code: 'unsupported.media.type',
    message: 'The Content-Type is not supported.',
    openai: invalid,
  },
  422: {
    code: 'unprocessable.entity',
    message: 'The request cannot be processed.',
    openai: invalid,
  },
  429: {
    code: 'too.many.requests.retry.after',
    message: 'Rate limit exceeded the maximum.',
    openai: { type: 'requests', code: 'rate_limit_exceeded' },
  },
  500: {
    code: 'internal.server.error',
    message: 'The server met an unexpected condition.',
    openai: server,
  },
  502: {
    code: 'bad.gateway',
    message: 'The server behind this one gave no answer.',
    openai: server,
  },
  503: {
    code: 'service.unavailable',
    message: 'The server is currently unavailable.',
    openai: server,
  },
  504: { code: 'request.timeout', message: 'The request timed out.', openai: server },
}

/** What an error body says beyond its status. */
export interface FailureDetails {
  dialect: Dialect
  /** Goes into `contextId` of a Genesys Cloud body. */
  correlationId: string
  /** Replaces the table's message. */
  message?: string
  /** Replaces the table's Genesys Cloud code. */
  code?: string
}

/** The error body for a status, in the shape of the route that fails. */
export function failureBody(status: number, details: FailureDetails): object {
  const failure = failures[status] ?? {
    code: 'unknown',
    message: 'Unknown failure.',
    openai: server,
  }
  const message = details.message ?? failure.message
  if (details.dialect === 'openai') {
    return { error: { message, type: failure.openai.type, param: null, code: failure.openai.code } }
  }
  return {
    message,
    code: details.code ?? failure.code,
    status,
    contextId: details.correlationId,
    details: [],
    errors: [],
  }
}

/** The sentence with which Genesys Cloud refuses a request over its rate limit. */
export function rateLimitMessage(seconds: number): string {
  return `Rate limit exceeded the maximum. Retry the request in [${seconds}] seconds`
}

/** What a load balancer in front of a broken server answers. */
export function htmlPage(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
}
