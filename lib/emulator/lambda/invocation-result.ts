/** What a synchronous invocation gives: the function's answer, or how it failed. */
export type InvocationResult = { ok: true; payload: unknown } | InvocationFailure

export type InvocationFailure = { ok: false; errorType: string; errorMessage: string }

/** Bytes of an event and of an answer. Source: "Lambda quotas", synchronous invocation payload. */
export const MAX_REQUEST_BYTES = 6_291_456
export const MAX_RESPONSE_BYTES = 6_291_556

/** Lambda's answer to an event that is too large. Source: Lambda API reference, Invoke. */
export const REQUEST_TOO_LARGE: InvocationFailure = {
  ok: false,
  errorType: 'RequestEntityTooLargeException',
  errorMessage: `Request must be smaller than ${MAX_REQUEST_BYTES} bytes for the InvokeFunction operation`,
}

/** Lambda's answer when the function returned too much. */
export const RESPONSE_TOO_LARGE: InvocationFailure = {
  ok: false,
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
}

/** Lambda's answer when an invocation took too long. */
export function timedOut(requestId: string, timeoutSeconds: number): InvocationFailure {
  return {
    ok: false,
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  }
}

/** What the log says of a process that took more memory than its function has. Source: Lambda's REPORT line. */
export function outOfMemory(name: string, usedMb: number, limitMb: number): string {
  const used = `Memory Size: ${limitMb} MB Max Memory Used: ${Math.ceil(usedMb)} MB`
  return `${name} was killed: ${used} Status: error Error Type: Runtime.OutOfMemory`
}

/** Lambda names signals as Go does; the others by their usual names. */
const SIGNALS: Readonly<Record<string, string>> = { SIGKILL: 'killed', SIGABRT: 'aborted', SIGTERM: 'terminated' }

/** Lambda's answer when the process ended during an invocation. */
export function exited(requestId: string, code: number | null, signal: string | null): InvocationFailure {
  const reason = signal
    ? `signal: ${SIGNALS[signal] ?? signal}`
    : code === 0
      ? undefined
      : `exit status ${code ?? 'unknown'}`
  return {
    ok: false,
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited ${
      reason ? `with error: ${reason}` : 'without providing a reason'
    }`,
  }
}
