// Opens cases as a backend in TypeScript does: `node opens.mjs ADDRESS TASK_QUEUE CASE CUSTOMER`. Prints one JSON object.
import { Client, Connection, WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';

const [address, taskQueue, id, customer] = process.argv.slice(2);
const connection = await Connection.connect({ address });
const client = new Client({ connection });
const opening = (caseId, fields) => ({
  case_id: caseId,
  customer_id: customer,
  channel: 'web',
  message: { message_id: 'm-1', text: 'Where is my order?' },
  ...fields,
});
const options = (caseId) => ({
  workflowId: `case-${caseId}`,
  taskQueue,
  workflowIdConflictPolicy: 'USE_EXISTING',
  workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
});

async function open(caseId, given) {
  const startWorkflowOperation = new WithStartWorkflowOperation('case', { ...options(caseId), args: [given] });
  try {
    return await client.workflow.executeUpdateWithStart('open', { args: [given], startWorkflowOperation });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return { refused: error.cause.type, words: error.cause.message };
  }
}

async function start(caseId, ...args) {
  await client.workflow.start('case', { taskQueue, workflowId: `case-${caseId}`, workflowIdReusePolicy: 'REJECT_DUPLICATE', args });
}

const found = {};
found.first = await open(`${id}-1`, opening(`${id}-1`));
found.again = await open(`${id}-1`, opening(`${id}-1`));
found.other = await open(`${id}-1`, opening(`${id}-1`, { message: { message_id: 'm-1', text: 'Something else' } }));
found.wrong = await open(`${id}-2`, opening(`${id}-2`, { customer_id: '' }));
found.retried = await open(`${id}-2`, opening(`${id}-2`));
found.long = await open(`${id}-3`, opening(`${id}-3`, { message: { message_id: 'm-1', text: 'a '.repeat(4_013) } }));
await start(`${id}-4`, opening(`${id}-4`, { message: { message_id: 'm-1', text: 'a '.repeat(4_013) } }));
await start(`${id}-5`, { caseId: `${id}-5`, customerId: customer, message: 'Where is my order?', createdAt: new Date(0) });
await start(`${id}-6`, 'Where is my order?');
console.log(JSON.stringify(found));
await connection.close();
