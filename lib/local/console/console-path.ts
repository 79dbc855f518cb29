/** The path of the console's page. */
export const CONSOLE_PATH = '/console'
