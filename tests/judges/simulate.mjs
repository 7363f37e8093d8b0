// Answers authorization questions with @cloud-copilot/iam-simulate: one JSON object a line in, one a line out.
//
// In:  {"policies": {"identity": [...], "group": [...], "boundary": [...], "session": [...], "scp": [[...]],
//       "rcp": [[...]], "resource": [...]},
//       "request": {"principal", "action", "resource", "context", "resource_account"}}
// Out: {"decision": "allowed" | "implicitDeny" | "explicitDeny"} or {"abstains": "why there is no answer"}
//
// With "requests" in place of "request": {"seconds", "decisions"}, the time that all of them took after one warm round.
//
// The core engine is asked and not `runSimulation`: that one knows every AWS action and drops the context keys which
// an action does not support, while a policy language knows neither.

import { createInterface } from 'node:readline'
import { loadPolicy } from '@cloud-copilot/iam-policy'

const engine = new URL('./node_modules/@cloud-copilot/iam-simulate/dist/esm/', import.meta.url)
const { authorize } = await import(new URL('core_engine/CoreSimulatorEngine.js', engine))
const { AwsRequestImpl } = await import(new URL('request/request.js', engine))
const { RequestContextImpl } = await import(new URL('requestContext.js', engine))
const { DiscoveryContextKeyConstraints } = await import(
  new URL('context_keys/discoveryContextKeyConstraints.js', engine)
)

const DECISIONS = {
  Allowed: 'allowed',
  ImplicitlyDenied: 'implicitDeny',
  ExplicitlyDenied: 'explicitDeny'
}
const simulationParameters = {
  simulationMode: 'Strict',
  discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
}

const load = (documents, layer) =>
  (documents ?? []).map((document, index) => loadPolicy(document, { name: `${layer}-${index}` }))

// Attached to every level, and not to be detached (AWS Organizations User Guide, "RCP syntax").
const FULL_RCP = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }
}

function prepare(policies) {
  const boundary = load(policies.boundary, 'boundary')
  return {
    sessionPolicy: load(policies.session, 'session')[0],
    identityPolicies: [...load(policies.identity, 'identity'), ...load(policies.group, 'group')],
    serviceControlPolicies: (policies.scp ?? []).map((level, index) => ({
      orgIdentifier: `level-${index}`,
      policies: load(level, `scp-${index}`)
    })),
    resourceControlPolicies: (policies.rcp ?? []).map((level, index) => ({
      orgIdentifier: `level-${index}`,
      policies: load([FULL_RCP, ...level], `rcp-${index}`)
    })),
    resourcePolicy: load(policies.resource, 'resource')[0],
    permissionBoundaries: boundary.length > 0 ? boundary : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters
  }
}

function decide(prepared, request) {
  const [, named] = request.resource.match(/^arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):/) ?? []
  const account = request.resource_account || named || request.principal.split(':')[4]
  const analysis = authorize({
    request: new AwsRequestImpl(
      request.principal,
      { resource: request.resource, accountId: account },
      request.action,
      new RequestContextImpl(request.context),
      request.resource === '*'
    ),
    ...prepared
  })
  return DECISIONS[analysis.result]
}

function answerOne({ policies, request }) {
  if ((policies.session ?? []).length > 1) return { abstains: 'takes one session policy' }
  if ((policies.resource ?? []).length > 1) return { abstains: 'takes one resource policy' }
  if (/[*?]/.test(request.resource) && request.resource !== '*') {
    return { abstains: 'asks a pattern for overlap, not for containment' }
  }
  if (/[*?]/.test(request.action)) return { abstains: 'knows no patterns of actions as requests' }
  return { decision: decide(prepare(policies), request) }
}

function answerMany({ policies, requests }) {
  const prepared = prepare(policies)
  for (const request of requests) decide(prepared, request)
  const start = process.hrtime.bigint()
  const decisions = requests.map((request) => decide(prepared, request))
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, decisions }
}

function answer(line) {
  try {
    const question = JSON.parse(line)
    return question.requests ? answerMany(question) : answerOne(question)
  } catch (error) {
    return { abstains: `${error.name}: ${error.message}` }
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(line))}\n`)
}
