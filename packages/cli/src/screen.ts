// The terminal as a page that is drawn again and again, and given back as it was.
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from './top-view.ts';

/** The screen that programs as `less` use: what stood there before comes back with the other. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** A terminal that knows them shows nothing in between; others leave them out. */
const BEGIN = '\x1b[?2026h\x1b[H';
const END = '\x1b[J\x1b[?2026l';
const CLEAR_REST_OF_LINE = '\x1b[K';
/** q, Ctrl-C, Ctrl-D: with echo off they are no more than bytes. */
const LEAVING_KEYS: ReadonlySet<number> = new Set([0x71, 0x51, 0x03, 0x04]);

export interface Screen {
  /** Draws what this makes of the terminal's size, now and whenever that changes. */
  show(frame: (size: TerminalSize) => readonly string[]): void;
  /** Gives the terminal back; more than once does nothing. */
  close(): void;
}

/**
 * Until it is closed, or the process ends by itself or for an error, keys are not shown; q, Ctrl-C
 * and Ctrl-D are `onLeave`.
 */
export function openScreen(output: WriteStream, input: ReadStream, onLeave: () => void): Screen {
  let isOpen = true;
  let frame: (size: TerminalSize) => readonly string[] = () => [];
  const draw = () => {
    const lines = frame({ columns: output.columns, rows: output.rows });
    // No line's end after the last: a full page would scroll.
    const page = lines.map((line) => line + CLEAR_REST_OF_LINE).join('\r\n');
    output.write(BEGIN + page + END);
  };
  const onKeys = (keys: Buffer) => {
    if (keys.some((key) => LEAVING_KEYS.has(key))) onLeave();
  };
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    output.off('resize', draw);
    process.off('exit', close);
    if (input.isTTY) {
      input.off('data', onKeys);
      input.setRawMode(false);
      input.pause();
    }
    output.write(LEAVE);
  };
  output.write(ENTER);
  output.on('resize', draw);
  process.on('exit', close);
  if (input.isTTY) {
    input.setRawMode(true);
    input.on('data', onKeys);
  }
  return {
    show(next) {
      frame = next;
      draw();
    },
    close,
  };
}
