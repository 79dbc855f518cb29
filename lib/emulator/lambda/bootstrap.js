// The runtime inside one execution environment: asks the Runtime API for the next invocation, runs the handler, answers.
// Plain JavaScript with built-in modules taken one by one, so that it adds as little as possible to a cold start.
import process from 'node:process'
import console from 'node:console'

const http = process.getBuiltinModule('node:http')
const { createRequire } = process.getBuiltinModule('node:module')
const { join } = process.getBuiltinModule('node:path')
const { Worker } = process.getBuiltinModule('node:worker_threads')

const env = process.env
const base = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const agent = new http.Agent({ keepAlive: true })

// In a thread of its own, because a handler that blocks the main thread must end with the local stack too.
const watchdog = `
  const parent = ${Number(process.argv[2])}
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 200)
`
new Worker(watchdog, { eval: true, env: {}, execArgv: [] }).unref()

// The time of the local stack, where it passes faster: what functions wait for and look at the clock for. Timers of the
// global scope stay, for by these the AWS SDK bounds its own requests, which take as long as this machine needs.
function liveBy(timeScale, startedAt) {
  const realNow = Date.now
  const RealDate = Date
  const now = () => Math.floor(startedAt + (realNow() - startedAt) / timeScale)
  RealDate.now = now
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  })
  const timers = process.getBuiltinModule('node:timers/promises')
  const { setTimeout } = timers
  timers.setTimeout = (ms, ...others) => setTimeout(ms * timeScale, ...others)
  const { AbortSignal } = globalThis
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  AbortSignal.timeout = (ms) => timeout(Math.ceil(ms * timeScale))
}

const [timeScale, startedAt] = process.argv.slice(3).map(Number)
if (timeScale !== 1) liveBy(timeScale, startedAt)

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { method, agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ headers: response.headers, body: text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

function describe(error, errorType) {
  const known = error instanceof Error
  return {
    errorType: errorType ?? (known ? error.name : typeof error),
    errorMessage: known ? error.message : String(error),
    trace: known ? (error.stack ?? '').split('\n') : [],
  }
}

function report(path, error) {
  console.error(`Invoke Error\t${JSON.stringify(error)}`)
  return call('POST', path, JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': error.errorType })
}

function loadHandler() {
  const [, file, name] = /^(.*)\.([^.]+)$/.exec(env._HANDLER)
  const require = createRequire(join(env.LAMBDA_TASK_ROOT, '/'))
  const handler = require(join(env.LAMBDA_TASK_ROOT, file))[name]
  if (typeof handler !== 'function')
    throw Object.assign(new Error(`${env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' })

  return handler
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

let errorPath = '/init/error'

async function crash(error, errorType, status) {
  await report(errorPath, describe(error, errorType))
  process.exit(status)
}

process.on('uncaughtException', (error) => crash(error, undefined, 129).catch(() => process.exit(129)))
process.on('unhandledRejection', (error) =>
  crash(error, 'Runtime.UnhandledPromiseRejection', 128).catch(() => process.exit(128)),
)

let handler
try {
  handler = loadHandler()
} catch (error) {
  await crash(error, error?.code === 'MODULE_NOT_FOUND' ? 'Runtime.ImportModuleError' : undefined, 1)
}

for (;;) {
  // A connection that drops here means that the local stack is gone.
  const next = await call('GET', '/invocation/next').catch(() => process.exit(1))
  const path = `/invocation/${next.headers['lambda-runtime-aws-request-id']}`
  errorPath = `${path}/error`
  try {
    const result = await handler(JSON.parse(next.body), contextOf(next.headers))
    await call('POST', `${path}/response`, JSON.stringify(result) ?? 'null')
  } catch (error) {
    await report(errorPath, describe(error))
  }
}
