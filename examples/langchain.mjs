// LangChain against a gateway: a chain that streams, and several questions at once.
// Run:   node examples/langchain.mjs "my parcel"
// OPENAI_BASE_URL (default http://127.0.0.1:8080/v1), OPENAI_API_KEY (default none) and MODEL (default gpt-4o-mini) are read.
import { StringOutputParser } from '@langchain/core/output_parsers'
import { ChatPromptTemplate } from '@langchain/core/prompts'
import { ChatOpenAI } from '@langchain/openai'

const {
  OPENAI_BASE_URL = 'http://127.0.0.1:8080/v1',
  OPENAI_API_KEY = 'none',
  MODEL = 'gpt-4o-mini',
} = process.env
const [thing = 'my parcel'] = process.argv.slice(2)

const chain = ChatPromptTemplate.fromMessages([
  ['system', 'You are the assistant of a customer service.'],
  ['user', 'Where is {thing}?'],
])
  .pipe(
    new ChatOpenAI({
      model: MODEL,
      apiKey: OPENAI_API_KEY,
      configuration: { baseURL: OPENAI_BASE_URL },
    }),
  )
  .pipe(new StringOutputParser())

for await (const text of await chain.stream({ thing })) process.stdout.write(text)
process.stdout.write('\n')

const answers = await chain.batch([{ thing: 'my refund' }, { thing: 'my password' }])
for (const answer of answers) console.log('-', answer)
