/** `POST /v1/chat/completions`: OpenAI's request in, a completion's log as OpenAI's answer out. */
import type { FeedHeader } from '../completion/feed.ts'
import type { Lifetime } from '../completion/order.ts'
import type { ClientRoute } from '../server/router.ts'
import type { AnswerForm } from './answer.ts'
import { type ChatBody, readChatBody } from './chat-body.ts'
import { EventForm } from './event-form.ts'
import type { HttpServices } from './http-services.ts'
import { ObjectForm } from './object-form.ts'
import { postCompletion } from './post-completion.ts'

export function chatRoute(services: HttpServices): ClientRoute {
  const chat = {
    path: '/v1/chat/completions',
    read: readChatBody,
    lifetimeOf: (_body: ChatBody, byHeaders: Lifetime) => byHeaders,
    formOf,
  }
  return postCompletion(chat, services)
}

function formOf(
  { request, isStream, wantsUsage }: ChatBody,
  { createdAt }: FeedHeader,
  isResumable: boolean,
): AnswerForm {
  const created = Math.floor(createdAt / 1000)
  const options = { created, model: request.modelId, choices: request.n ?? 1 }
  if (!isStream) return new ObjectForm(options)
  return new EventForm({ ...options, wantsUsage, after: isResumable ? 0 : undefined })
}
