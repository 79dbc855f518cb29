import { onTestFinished } from 'vitest'
import { createLambdaFunction } from '../../../lib/emulator/lambda/function.ts'
import type { LambdaFunctionOptions } from '../../../lib/emulator/lambda/function.ts'
import { startStackClock } from '../../../lib/emulator/lambda/stack-clock.ts'
import { handlerDirectory } from './handler-directory.ts'

/** A function of this code, closed when the test ends, and what it and its processes have logged. */
export function aFunction(code: string, options: Partial<LambdaFunctionOptions> = {}) {
  const lines: string[] = []
  const lambda = createLambdaFunction({
    name: 'consumer',
    codeDirectory: handlerDirectory(code),
    handler: 'index.handler',
    environment: { TABLE: 'register' },
    accessKeyId: 'key-of-consumer',
    timeoutSeconds: 20,
    memoryMb: 256,
    maxEnvironments: 1,
    clock: startStackClock(1),
    log: (line) => lines.push(line),
    ...options,
  })
  onTestFinished(() => lambda.close())
  return { lambda, lines }
}
