// Asks over HTTP as a backend in TypeScript does: `node asks.js ADDRESS KEY CUSTOMER IDEMPOTENCY_KEY TEXT`. Prints one JSON object.
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const [address, key, customer, once, text] = process.argv.slice(2) as [string, string, string, string, string];
const handrail = createClient<paths>({ baseUrl: address, headers: { authorization: `Bearer ${key}` } });

async function ask(words: string): Promise<unknown> {
  const { data, error, response } = await handrail.POST('/v1/cases', {
    params: { header: { 'idempotency-key': once, prefer: 'wait=30' } },
    body: { customer_id: customer, text: words },
  });
  if (error) return { status: response.status, code: error.code, detail: error.detail };
  return { status: response.status, case_id: data.case_id, reply: data.reply, replayed: response.headers.get('idempotency-replayed') };
}

console.log(JSON.stringify({ first: await ask(text), again: await ask(text), other: await ask(`${text}?`) }));
