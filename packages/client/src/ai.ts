/**
 * The entry point `@sluice/client/ai`: a `ChatTransport` for `useChat` of the Vercel AI SDK 6. Of that package only types are
 * used.
 */
import type { ChatRequest } from '@sluice/protocol'
import type { ChatRequestOptions, ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { chatMessagesOf } from './chat-messages.ts'
import type { SluiceClient } from './client.ts'
import type { Completion } from './completion.ts'
import { SluiceError } from './sluice-error.ts'
import { chunksOf } from './ui-message-chunks.ts'

/** Where a chat's running completion is remembered; `sessionStorage` is one. */
export interface ChatStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface SluiceChatTransportOptions<Message extends UIMessage = UIMessage> {
  client: SluiceClient
  /** The model to ask, unless `body` of a request names another one. */
  modelId: string
  /** Makes the request. Default: the model, the messages' texts and tool results, and what `body` has beside them. */
  request?: (chat: { chatId: string; messages: Message[]; body: object | undefined }) => ChatRequest
  /** Default: `sessionStorage`, so that a page that is loaded again goes on; in memory where there is none. */
  storage?: ChatStorage
  /**
   * The guard withdrew text that was shown. The AI SDK cannot take text back: remove the message, with `setMessages`. An
   * error with the reason follows.
   */
  onRetracted?: (retracted: {
    chatId: string
    messageId: string | undefined
    reason: string
  }) => void
}

type SendOptions<Message extends UIMessage> = Parameters<ChatTransport<Message>['sendMessages']>[0]

/** Longer names of a conversation are not sent along: the gateway takes 128 characters. */
const MAX_CONVERSATION_ID = 128

export class SluiceChatTransport<Message extends UIMessage = UIMessage>
  implements ChatTransport<Message>
{
  /** `reconnectToStream` gives the answer from its start; the SDK empties the message before. */
  readonly resumeStreamIsReplay = true
  readonly #options: SluiceChatTransportOptions<Message>
  readonly #storage: ChatStorage
  /** The completion that each chat follows now. */
  readonly #current = new Map<string, Completion>()

  constructor(options: SluiceChatTransportOptions<Message>) {
    this.#options = options
    this.#storage = options.storage ?? globalThis.sessionStorage ?? memoryStorage()
  }

  /** Asks for an answer. Aborting stops the model. */
  async sendMessages(options: SendOptions<Message>): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId, messages, abortSignal, body } = options
    const { client, modelId, request } = this.#options
    const payload =
      request?.({ chatId, messages, body }) ??
      Object.assign({ modelId, messages: chatMessagesOf(messages) }, body)
    const completion = client.complete(payload, {
      ...(abortSignal !== undefined && { signal: abortSignal }),
      ...(chatId.length > 0 && chatId.length <= MAX_CONVERSATION_ID && { conversationId: chatId }),
    })
    // After the results of tools the answer goes on in the message that called them.
    const isContinued = messages.at(-1)?.role === 'assistant'
    return this.#stream(chatId, completion, isContinued)
  }

  /** The running answer of a chat from its start, or null if there is none. */
  async reconnectToStream(
    options: { chatId: string; abortSignal?: AbortSignal | undefined } & ChatRequestOptions,
  ): Promise<ReadableStream<UIMessageChunk> | null> {
    const { chatId, abortSignal } = options
    const requestId = this.#read(chatId)
    if (requestId === null) return null
    const completion = this.#options.client.attach(requestId)
    const stream = this.#stream(chatId, completion, false)
    abortSignal?.addEventListener('abort', () => this.#aborted(chatId, completion), { once: true })
    try {
      await completion.acknowledged
      return stream
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'not_found') throw error
      this.#forget(chatId, completion)
      return null
    }
  }

  /** The SDK aborts one reconnection also to begin another one, in the same turn: that must not stop the model. */
  #aborted(chatId: string, completion: Completion): void {
    queueMicrotask(() => {
      if (this.#current.get(chatId) === completion) completion.cancel()
      else completion.detach()
    })
  }

  #stream(
    chatId: string,
    completion: Completion,
    isContinued: boolean,
  ): ReadableStream<UIMessageChunk> {
    this.#current.set(chatId, completion)
    completion.acknowledged.then(
      () => this.#remember(chatId, completion),
      () => {},
    )
    const forget = () => this.#forget(chatId, completion)
    completion.finished.then(forget, forget)
    const chunks = chunksOf(completion, {
      isContinued,
      onRetracted: (reason) => {
        const messageId = isContinued ? undefined : completion.requestId
        this.#options.onRetracted?.({ chatId, messageId, reason })
      },
    })
    return streamOf(chunks)
  }

  /** A storage that is full or forbidden costs the reconnection, not the answer. */
  #remember(chatId: string, { requestId }: Completion): void {
    try {
      if (requestId !== undefined) this.#storage.setItem(keyOf(chatId), requestId)
    } catch {}
  }

  #read(chatId: string): string | null {
    try {
      return this.#storage.getItem(keyOf(chatId))
    } catch {
      return null
    }
  }

  #forget(chatId: string, completion: Completion): void {
    if (this.#current.get(chatId) !== completion) return
    this.#current.delete(chatId)
    try {
      this.#storage.removeItem(keyOf(chatId))
    } catch {}
  }
}

function keyOf(chatId: string): string {
  return `sluice:chat:${chatId}`
}

function memoryStorage(): ChatStorage {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

/** A stream that takes from an iterator when it is read. Not `ReadableStream.from`, which browsers lack. */
function streamOf(chunks: AsyncGenerator<UIMessageChunk>): ReadableStream<UIMessageChunk> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await chunks.return(undefined)),
  })
}
