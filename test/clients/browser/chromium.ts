import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Starts the Chromium of CHROMIUM_PATH, or the first on PATH, without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined)
    throw new Error(`No Chromium found: install one (${NAMES.join(', ')}) or name it in CHROMIUM_PATH`)
  // It is to talk to these tests alone, and to nobody else.
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']
  return chromium.launch({ executablePath, args: [...quiet, '--disable-gpu', '--no-first-run'] })
}

/** Where it is; undefined where there is none. */
export function chromiumPath(): string | undefined {
  if (process.env.CHROMIUM_PATH !== undefined) return process.env.CHROMIUM_PATH
  const directories = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find((file) => existsSync(file))
}
