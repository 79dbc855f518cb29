import { randomUUID } from 'node:crypto'
import { createPost } from '../../cli/post.ts'
import type { OwnEndpoints } from '../../emulator/gateway/own-endpoints.ts'
import { timeOn } from '../../emulator/lambda/stack-clock.ts'
import { createActions } from './actions.ts'
import { consoleEndpoints } from './endpoints.ts'
import { bundlePage } from './page-bundle.ts'
import type { PageBundle } from './page-bundle.ts'
import { createPoll } from './poll.ts'
import type { Polled } from './poll.ts'
import { redrive } from './redrive.ts'
import { settingsPicture } from './settings-picture.ts'
import type { CurrentKeys } from './source-keys.ts'
import { createStream } from './stream.ts'

type Running = Polled & {
  keys: CurrentKeys
  /** The gateway's address, which is not known before it runs. */
  url: () => string
  awsUrl: string
  graphUrl: string
  destinationsPath: string
}

/** The console of a running stack: what its gateway answers, and what ends it. */
export function createConsole(running: Running): { endpoints: OwnEndpoints; close: () => Promise<void> } {
  const { watch, keys, url, awsUrl, graphUrl, outputs, emulator, settings, clock } = running
  const now = () => timeOn(clock)
  const pipeline = createPoll(running)
  const stream = createStream({ ring: watch.ring, version: watch.index.version, pipeline, run: randomUUID() })
  const post = createPost()
  let bundle: Promise<PageBundle> | undefined
  const endpoints = consoleEndpoints({
    // Most stacks serve tests, and are never looked at.
    bundle: () => (bundle ??= bundlePage()),
    picture: () =>
      settingsPicture(
        settings,
        {
          ...{ file: running.destinationsPath, trackUrl: `${url()}/`, graphUrl, hasEmulator: emulator !== undefined },
          timeScale: clock.timeScale,
        },
        (source) =>
          keys()
            .find((each) => each.source === source)
            ?.writeKeys.at(-1) ?? '',
      ),
    actions: createActions({ settings, keys, clock: now, newId: randomUUID, post, url }),
    redrive: (messageId) => redrive({ awsUrl, outputs, settings, clock: now }, messageId),
    ...{ pipeline, watch, stream, emulator },
  })
  return {
    endpoints,
    close: () => {
      stream.close()
      return Promise.resolve()
    },
  }
}
