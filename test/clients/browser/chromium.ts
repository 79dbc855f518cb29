import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Starts the Chromium of CHROMIUM_PATH, or the first on PATH, without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? findOnPath()
  if (executablePath === undefined)
    throw new Error(`No Chromium found: install one (${NAMES.join(', ')}) or name it in CHROMIUM_PATH`)
  // It is to talk to these tests alone, and to nobody else.
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic']
  return chromium.launch({ executablePath, args: [...quiet, '--disable-gpu', '--no-first-run'] })
}

function findOnPath(): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find((file) => existsSync(file))
}
