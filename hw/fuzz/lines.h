/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language of the inputs of fuzz_control(): text that a client of the control socket sends,
 * with operations between it, which are bytes that no UTF-8 has. Two clients talk in turns.
 * Text is sent, and served, when an operation follows, or nothing.
 */
#ifndef HW_FUZZ_LINES_H
#define HW_FUZZ_LINES_H

enum lines_op {
	LINES_SEND = 0xf8, /* the text so far */
	LINES_OTHER, /* what follows is the other client's */
	LINES_CONNECT, /* hang up, connect again */
	LINES_TAKE, /* receive all that came */
	LINES_SHUTDOWN, /* it will send no more */
	LINES_GUEST, /* u8: bits 5:0 page, which the device uses; bit 7: the guest unmaps it */
	LINES_AGAIN, /* u8: the text so far so many times, as long as it is not too much */
	LINES_BYTE, /* u8: this byte is text */
};

#define LINES_CLIENTS 2
/* Bytes of text that are sent at once. */
#define LINES_TEXT 0x10000

#endif /* HW_FUZZ_LINES_H */
