/**
 * What servers say of their errors in words alone: a closed list of patterns over the message. Each gives the code that
 * OpenAI has for it, which provider-errors.ts knows; a message that fits none says nothing. The message itself goes nowhere.
 */
import { isJsonObject } from '../../../json-object.ts'
import { EXCEPTION, type Fields } from './chunk-fields.ts'

/** So much of a body's messages is looked at: what they say they say first, and then some repeat the request. */
const MAX_CHARACTERS = 1_024
const MAX_MEMBERS = 4
/** LiteLLM and OpenRouter wrap what a provider behind them said. */
const MAX_DEPTH = 5

/** Fields of an error, and of what it wraps, that have its words. None of them has the request. */
const MESSAGE_FIELDS = [
  ...['message', 'msg', 'error', 'errors', 'detail', 'error_message', 'error_msg', 'errorMessage'],
  ...['status_msg', 'base_resp', 'description', 'error_description', 'metadata', 'raw'],
  ...['innererror', 'fault', 'faultstring'],
] as const

interface Row {
  code: string
  /** Who says so, and in which words, or where that is told. */
  source: string
  /** Without repetition inside repetition, so the time is linear in the text. */
  pattern: RegExp
}

/** The first row that fits counts. Rates come first: their texts also name tokens, models and limits. */
const ROWS: readonly Row[] = [
  {
    code: 'rate_limit_exceeded',
    source:
      'OpenAI, Azure, Groq, Mistral, Cerebras, Databricks: "Rate limit reached for ... on tokens per min (TPM)"; LiteLLM ' +
      'exception_mapping_utils.py; Moonshot: "request reached organization max concurrency"; DashScope: "Request rate ' +
      'increased too quickly"; Mistral: "Service tier capacity exceeded"',
    pattern:
      /rate[ _-]?limit|too many (?:concurrent )?requests|(?:requests?|tokens?) per (?:min|second|day|hour)|throttl|max(?:imum)? (?:organization )?concurrency|rate increased too quickly|tier capacity exceeded/i,
  },
  {
    code: 'rate_limit_exceeded',
    source: 'Zhipu, https://docs.bigmodel.cn/cn/api/api-code (1302, 1303, 1305)',
    pattern: /并发数过高|频率过高|请求过多|速率限制/,
  },
  {
    code: 'insufficient_quota',
    source:
      'OpenAI, DashScope: "You exceeded your current quota"; DeepSeek, MiniMax, OpenRouter, Moonshot: "insufficient ' +
      'balance/credits"; Anthropic: "credit balance is too low"; xAI: "used all available credits or reached its monthly ' +
      'spending limit"; Hugging Face: "exceeded your monthly included credits"; LiteLLM: "Budget has been exceeded"',
    pattern:
      /exceeded your current quota|insufficient (?:account )?(?:balance|credit|funds|quota)|credit balance is too low|used all (?:of )?(?:its |your )?available credits|monthly (?:included credits|spending limit)|not enough (?:balance|credits|quota)|(?:balance|quota) is not enough|budget has been exceeded|payment required|billing hard limit|check your billing details/i,
  },
  {
    code: 'insufficient_quota',
    source: 'Zhipu (1113), one-api and new-api: "用户额度不足"',
    pattern: /余额不足|已欠费|额度不足|额度已用尽/,
  },
  {
    code: 'invalid_api_key',
    source:
      'OpenAI, xAI: "Incorrect API key provided" (xAI with 400); Gemini: "API key not valid" (with 400); DeepSeek: ' +
      '"Authentication Fails"; LiteLLM: "Invalid proxy server token passed"',
    pattern:
      /(?:incorrect|invalid|wrong) api[ _-]?key|api[ _-]?key (?:is )?(?:not valid|invalid|expired)|authentication fails|invalid proxy server token/i,
  },
  {
    code: 'content_filter',
    source:
      'Azure: "content management policy"; Anthropic: "content filtering policy"; OpenAI: "rejected as a result of our ' +
      'safety system", "violating our usage policy"; xAI: "Content violates usage guidelines"; DeepSeek: "Content Exists ' +
      'Risk"; DashScope: "may contain inappropriate content"; Moonshot: "considered high risk"; OpenRouter: "Your input was ' +
      'flagged for"; MiniMax: "new_sensitive"; new-api: "sensitive words detected"',
    pattern:
      /content management policy|content filtering policy|(?:our|the) safety system|usage (?:guidelines|polic(?:y|ies))|content policy|content exists risk|inappropriate content|considered high risk|input was flagged|new_sensitive|sensitive words? detected/i,
  },
  {
    code: 'content_filter',
    source: 'Zhipu (1301): "系统检测到输入或生成内容可能包含不安全或敏感内容"',
    pattern: /不安全或敏感内容|敏感词/,
  },
  {
    code: 'context_length_exceeded',
    source:
      'OpenAI, vLLM, OpenRouter, Mistral: "maximum context length"; SGLang, Together: "longer than the model\'s context ' +
      'length"; xAI: "maximum prompt length is"; vLLM: "maximum model length"; LM Studio: "greater than the context ' +
      'length", "Cannot truncate prompt with n_keep"',
    pattern:
      /max(?:imum)? (?:context|model|prompt|input|sequence) (?:length|limit)|(?:longer|greater|larger) than the (?:model'?s )?(?:context|maximum|max) |max_model_len|n_keep/i,
  },
  {
    code: 'context_length_exceeded',
    source:
      'OpenAI: "exceeds the context window"; llama.cpp: "exceeds the available context size"; llama-cpp-python: "Requested ' +
      'tokens (9) exceed context window of"; Kimi: "exceeded model token limit"; Anthropic: "exceed context limit"; ' +
      'Cloudflare: "exceeded this model context window limit"; MiniMax: "context window exceeds limit"',
    pattern:
      /exceed(?:s|ed|ing)? (?:(?:the|this|your|available|max|maximum|model|model's) ){0,3}(?:context|token) (?:window|length|size|limit)|context (?:window|length|size|limit) (?:is |was )?(?:exceed|overflow)|context overflow|context the overflows|context shift is disabled/i,
  },
  {
    code: 'context_length_exceeded',
    source:
      'Anthropic: "prompt is too long"; Ollama: "prompt too long"; Bedrock: "Input is too long for requested model"; Groq, ' +
      'Cerebras: "Please reduce the length of the messages"; Zhipu: "Prompt exceeds max length"; DashScope: "Range of input ' +
      'length should be"',
    pattern:
      /(?:prompt|input) (?:is )?too long|reduce the length of (?:the |your )?(?:messages|prompt|input)|prompt exceeds max length|range of input length should be|prompt tokens too long/i,
  },
  {
    code: 'context_length_exceeded',
    source:
      'Gemini: "input token count (9) exceeds the maximum number of tokens allowed"; Copilot: "prompt token count of 9 ' +
      'exceeds the limit of"; Cohere: "too many tokens"; watsonx: "cannot exceed the total tokens limit"; TGI: "`inputs` ' +
      'tokens + `max_new_tokens` must be <="; Bedrock: "exceeds the maximum number of input tokens"',
    pattern:
      /(?:input|prompt) token count[^\n]{0,40} exceeds|too many (?:input |prompt )?tokens|tokens in the prompt cannot exceed|cannot exceed the total tokens limit|`inputs` (?:tokens \+ `max_new_tokens` must be|must have less than)|exceeds the maximum number of (?:input )?tokens/i,
  },
  {
    code: 'context_length_exceeded',
    source: 'Zhipu (1261): "Prompt 超长"',
    pattern: /超长|超过最大长度|上下文长度/,
  },
  {
    code: 'model_not_found',
    source:
      'OpenAI, vLLM, xAI: "The model `m` does not exist"; DeepSeek: "Model Not Exist"; Ollama, Cohere, Fireworks: "model m ' +
      'not found"; Azure: "The API deployment for this resource does not exist"; Databricks: "The given endpoint does not ' +
      'exist"; Moonshot: "Not found the model"',
    pattern:
      /\b(?:models?|deployment|endpoint)\b[^\n]{0,120}?(?:(?:does not|doesn't|not) exist|(?:is )?not found)|not found the model/i,
  },
  {
    code: 'model_not_found',
    source:
      'OpenRouter: "is not a valid model ID", "No endpoints found for"; Mistral: "Invalid model: m"; LiteLLM: "Invalid model ' +
      'name passed"; Perplexity: "Invalid model \'m\'"; Cloudflare: "No such model"; Together: "Unable to access model"; ' +
      'Bedrock: "model identifier is invalid"; Hugging Face, Copilot: "requested model ... is not supported"; LM Studio: "No ' +
      'models loaded"; new-api: "No available channel for model"',
    pattern:
      /not a valid model|no endpoints found for|(?:unknown|no such|unsupported) model|invalid model(?: name| id|:| ['"`])|unable to access model|model identifier is invalid|requested model[^\n]{0,80} not supported|no models? loaded|no available channel for model/i,
  },
  {
    code: 'model_not_found',
    source: 'Zhipu (1211): "模型不存在"; one-api: "无可用渠道"',
    pattern: /模型不存在|无可用渠道/,
  },
  {
    code: 'overloaded',
    source:
      'Gemini: "The model is overloaded"; Ollama: "server busy"; Cerebras: "high traffic"; Hugging Face: "is currently ' +
      'loading"; llama.cpp: "Loading model"; LiteLLM: "No deployments available"; Zhipu: "访问量过大"',
    pattern:
      /overloaded|(?:at|over) capacity|capacity temporarily|server busy|high (?:traffic|demand)|temporarily unavailable|currently loading|loading model|no deployments available|访问量过大|服务繁忙/i,
  },
  {
    code: 'timeout',
    source: 'Together, LiteLLM: "A timeout occurred", "Request timed out"',
    pattern: /timed out|a timeout occurred|deadline exceeded/i,
  },
]

/** The code that the words of a body stand for, in the shape of whichever server; undefined for any other words. */
export function codeInWords(body: unknown): string | undefined {
  const text = textsIn(body, 0).join('\n').slice(0, MAX_CHARACTERS)
  return text === '' || isMarkup(text)
    ? undefined
    : ROWS.find(({ pattern }) => pattern.test(text))?.code
}

/** The page of a proxy speaks of the proxy. */
function isMarkup(text: string): boolean {
  return /^\s*<(?:!|\?|html|head|body)/i.test(text)
}

function textsIn(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value.slice(0, MAX_CHARACTERS)]
  if (depth === MAX_DEPTH) return []
  if (Array.isArray(value))
    return value.slice(0, MAX_MEMBERS).flatMap((member) => textsIn(member, depth + 1))
  return isJsonObject(value) ? textsOf(value, depth + 1) : []
}

function textsOf(fields: Fields, depth: number): string[] {
  const exceptions = Object.keys(fields).filter((name) => EXCEPTION.test(name))
  return [...MESSAGE_FIELDS, ...exceptions].flatMap((name) => textsIn(fields[name], depth))
}
