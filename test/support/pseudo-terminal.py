"""Runs a command in a terminal of its own: pseudo-terminal.py COLUMNS ROWS COMMAND…

What comes on standard input is typed, what the terminal shows is written. The sequence with which programs ask a terminal
for another size, ESC [ 8 ; ROWS ; COLUMNS t, is not typed: it changes the size. Ends with the command's exit status, or
with 128 and the signal's number.
"""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

RESIZE = re.compile(rb"\x1b\[8;(\d+);(\d+)t")


def set_size(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


columns, rows = map(int, sys.argv[1:3])
pid, terminal = pty.fork()
if pid == 0:
    set_size(0, rows, columns)
    os.execvp(sys.argv[3], sys.argv[3:])

sources = [terminal, 0]
while sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b""
        if not data:
            # The test is gone, or nobody has the terminal open any more. Closing it hangs up.
            sources.clear()
            break
        if source == 0:
            for size in RESIZE.finditer(data):
                set_size(terminal, int(size[1]), int(size[2]))
            os.write(terminal, RESIZE.sub(b"", data))
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

os.close(terminal)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
